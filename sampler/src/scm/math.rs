//! Elementary functions in f32 from plain arithmetic: the same bits on every platform, and loops over them vectorise.
//!
//! Absolute or relative errors are below about 1e-6. Polynomials of exp and ln follow Cephes (Moshier), the inverse normal is
//! Giles, "Approximating the erfinv function" (2012), single precision.

/// Adding it rounds |x| < 2^22 to a whole number, whose low bits then stand in the mantissa.
const MAGIC: f32 = 12_582_912.0;
/// 2^-31.
const TINY: f32 = 1.0 / 2_147_483_648.0;

/// `x` within `low..=high`; NaN becomes `low`.
#[inline(always)]
pub fn clamp(x: f32, low: f32, high: f32) -> f32 {
    let x = if x > low { x } else { low };
    if x < high { x } else { high }
}

/// `x` within -`limit`..=`limit`; NaN becomes -`limit`.
#[inline(always)]
pub fn clip(x: f32, limit: f32) -> f32 {
    clamp(x, -limit, limit)
}

#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = clamp(x, -87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + MAGIC;
    let k = shifted - MAGIC;
    let r = x - k * 0.693_359_4 + k * 2.121_944_4e-4;
    let p = 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000))
}

/// The natural logarithm of a positive normal number.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    let e = (bits.wrapping_sub(0x3f35_04f3) as i32) >> 23;
    let f = f32::from_bits(bits.wrapping_sub((e << 23) as u32)) - 1.0;
    let p = 7.037_683_6e-2;
    let p = p * f - 1.151_461e-1;
    let p = p * f + 1.167_699_84e-1;
    let p = p * f - 1.242_014_1e-1;
    let p = p * f + 1.424_932_3e-1;
    let p = p * f - 1.666_805_8e-1;
    let p = p * f + 2.000_071_4e-1;
    let p = p * f - 2.499_999_4e-1;
    let p = p * f + 3.333_333e-1;
    let k = e as f32;
    f + (f * f * (f * p - 0.5) - k * 2.121_944_4e-4) + k * 0.693_359_4
}

/// ln(1 + exp(x)), without overflow.
#[inline(always)]
pub fn softplus(x: f32) -> f32 {
    let positive = if x > 0.0 { x } else { 0.0 };
    positive + ln(1.0 + exp(-x.abs()))
}

#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let e = exp(2.0 * clip(x, 9.0));
    (e - 1.0) / (e + 1.0)
}

/// The sine of |x| <= 1e6; farther out, of 1e6.
#[inline(always)]
pub fn sin(x: f32) -> f32 {
    let x = clip(x, 1e6);
    let shifted = x * std::f32::consts::FRAC_1_PI + MAGIC;
    let k = shifted - MAGIC;
    let r = x - k * 3.140_625 - k * 9.676_537e-4;
    let s = r * r;
    let p = 2.608_319e-6;
    let p = p * s - 1.981_071_4e-4;
    let p = p * s + 8.333_075e-3;
    let p = p * s - 1.666_665_4e-1;
    let y = r + r * s * p;
    f32::from_bits(y.to_bits() ^ (shifted.to_bits() << 31))
}

/// The standard normal quantile of 32 random bits, symmetric, |value| < 6.4.
#[inline(always)]
pub fn normal(bits: u32) -> f32 {
    let signed = bits as i32;
    let magnitude = (signed ^ (signed >> 31)) as f32;
    let q = (2_147_483_647 - (signed ^ (signed >> 31))) as f32 * TINY + 0.5 * TINY;
    let w = -ln(q * (2.0 - q));
    let c = w - 2.5;
    let p = 2.810_226_4e-8;
    let p = p * c + 3.432_739_4e-7;
    let p = p * c - 3.523_387_7e-6;
    let p = p * c - 4.391_506_5e-6;
    let p = p * c + 2.185_808_7e-4;
    let p = p * c - 1.253_725e-3;
    let p = p * c - 4.177_681_6e-3;
    let p = p * c + 2.466_407_3e-1;
    let central = p * c + 1.501_409_4;
    let t = (if w > 5.0 { w } else { 5.0 }).sqrt() - 3.0;
    let p = -2.002_142_6e-4;
    let p = p * t + 1.009_505_6e-4;
    let p = p * t + 1.349_343_2e-3;
    let p = p * t - 3.673_428_4e-3;
    let p = p * t + 5.739_507_7e-3;
    let p = p * t - 7.622_461_3e-3;
    let p = p * t + 9.438_870_5e-3;
    let p = p * t + 1.001_674;
    let tail = p * t + 2.832_976_8;
    let x = (magnitude + 0.5) * TINY * std::f32::consts::SQRT_2;
    let y = (if w < 5.0 { central } else { tail }) * x;
    f32::from_bits(y.to_bits() ^ (bits & 0x8000_0000))
}

/// 32 random bits as a number in the open interval (0, 1), 24 bits.
#[inline(always)]
pub fn unit(bits: u32) -> f32 {
    ((bits >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(f: impl Fn(f32) -> f32, g: impl Fn(f64) -> f64, low: f64, high: f64) {
        for i in 0..=10_000 {
            let x = (low + (high - low) * f64::from(i) / 10_000.0) as f32;
            let (y, z) = (f64::from(f(x)), g(f64::from(x)));
            assert!((y - z).abs() <= 2e-6 * z.abs().max(1.0), "at {x}: {y} for {z}");
        }
    }

    #[test]
    fn agree_with_double_precision() {
        close(exp, libm::exp, -80.0, 80.0);
        close(ln, libm::log, 1e-30, 1e-3);
        close(ln, libm::log, 1e-3, 1e6);
        close(tanh, libm::tanh, -12.0, 12.0);
        close(sin, libm::sin, -50.0, 50.0);
        close(softplus, |x| libm::log1p(libm::exp(x)), -30.0, 30.0);
    }

    #[test]
    fn extremes_stay_finite() {
        for x in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, 0.0] {
            assert!(exp(x).is_finite() && tanh(x).is_finite() && sin(x).is_finite());
            assert!(clip(x, 3.0).abs() <= 3.0);
        }
        for bits in [0, 1, u32::MAX, i32::MAX as u32, i32::MIN as u32] {
            assert!(normal(bits).abs() < 6.5, "{bits} {}", normal(bits));
            assert!(unit(bits) > 0.0 && unit(bits) < 1.0);
        }
    }

    #[test]
    fn normal_is_the_normal_quantile() {
        let distribution = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
        for i in 1..1000_u32 {
            let u = (f64::from(i.wrapping_mul(4_294_967)) + 0.5) / 4_294_967_296.0;
            // The bits are read as a signed number: 0 is the median.
            let bits = i.wrapping_mul(4_294_967).wrapping_sub(0x8000_0000);
            assert!((distribution(f64::from(normal(bits))) - u).abs() < 1e-6, "{i}");
        }
        assert!((normal(0x7fff_ffff) - 6.33).abs() < 0.1);
        assert_eq!(normal(0x8000_0000), -normal(0x7fff_ffff));
    }

    #[test]
    fn values_are_stable() {
        let bits = |xs: &[f32]| xs.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let got = bits(&[exp(1.0), ln(10.0), tanh(0.3), sin(2.0), softplus(0.5), normal(0x1234_5678)]);
        assert_eq!(got, STABLE);
    }

    const STABLE: [u32; 6] = [1076754516, 1075010958, 1049962222, 1063831480, 1064918300, 1043824940];
}
