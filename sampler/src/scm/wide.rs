//! Hot loops compiled three times: for any processor, and for the wider registers of AVX2 and AVX-512, chosen when run.
//!
//! All give the same bits: multiply-adds are not contracted, and each row's operations keep their order.

/// Defines `fn name(args)` as `body`, an `#[inline(always)]` function of the same arguments, in all forms.
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
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512 $(<$life>)? ($($arg: $type),*) {
                    $body($($arg),*);
                }
                if $crate::scm::wide::has_avx512() {
                    // SAFETY: the processor has these parts of AVX-512, as was just asked.
                    return unsafe { avx512($($arg),*) };
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

/// Whether the processor has those parts of AVX-512 that `wide` compiles for.
#[cfg(target_arch = "x86_64")]
pub fn has_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512dq")
        && std::arch::is_x86_feature_detected!("avx512vl")
}
