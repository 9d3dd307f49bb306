//! Hot loops compiled twice: for any processor, and for the wider registers of AVX2, chosen when run.
//!
//! Both give the same bits: AVX2 alone contracts no multiply-add, and each row's operations keep their order.

/// Defines `fn name(args)` as `body`, an `#[inline(always)]` function of the same arguments, in both forms.
macro_rules! wide {
    ($(#[$meta:meta])* fn $name:ident $(<$life:lifetime>)? ($($arg:ident: $type:ty),* $(,)?) = $body:ident) => {
        $(#[$meta])*
        fn $name $(<$life>)? ($($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2 $(<$life>)? ($($arg: $type),*) {
                    $body($($arg),*);
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has AVX2, as was just asked.
                    return unsafe { avx2($($arg),*) };
                }
            }
            $body($($arg),*);
        }
    };
}
pub(crate) use wide;
