//! Deterministic randomness: the same seed gives the same world, byte for byte.
//!
//! It refuses to be used for secrets; what must be unguessable is made in `tls`.

/// A splitmix64 generator.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

/// The letters of Kubernetes' generated name suffixes: no vowels, no look-alikes.
const SUFFIX: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

impl Rng {
    /// A generator for this seed.
    pub(super) fn new(seed: u64) -> Rng {
        Rng(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// The next 64 random bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number in `0..end` (0 when `end` is 0).
    pub(super) fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.next() % end }
    }

    /// A number in `from..=to`.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below((to - from + 1).max(1) as u64) as i64
    }

    /// A random name suffix such as `x7k2p`.
    pub(super) fn suffix(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(SUFFIX[self.below(SUFFIX.len() as u64) as usize]))
            .collect()
    }

    /// Random bytes shaped like a version 4 UUID.
    pub(super) fn uid(&mut self) -> Uid {
        Uid(u128::from(self.next()) << 64 | u128::from(self.next()))
    }

    /// `length` hexadecimal digits.
    pub(super) fn hex(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(b"0123456789abcdef"[self.below(16) as usize]))
            .collect()
    }
}

/// Scrambles 64 bits.
pub(super) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A 64-bit FNV-1a hash of a text.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The pod template hash of a text, as nine or ten letters of the suffix alphabet.
pub(super) fn template_hash(text: &str) -> String {
    let digits = (mix(hash(text)) as u32).to_string();
    digits
        .bytes()
        .map(|b| char::from(SUFFIX[usize::from(b) % SUFFIX.len()]))
        .collect()
}

/// An object's identity, kept small; written as a UUID.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Uid(pub(super) u128);

impl Uid {
    /// Reads a UUID; anything else becomes a hash of its text, so that any uid can be compared.
    pub(super) fn parse(text: &str) -> Uid {
        let hex: String = text.chars().filter(|c| *c != '-').collect();
        match u128::from_str_radix(&hex, 16) {
            Ok(bits) if hex.len() == 32 => Uid(bits),
            _ => Uid(u128::from(hash(text))),
        }
    }
}

impl std::fmt::Display for Uid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bits = self.0 & !(0xf000_u128 << 64) | 0x4000_u128 << 64;
        let bits = bits & !(0xc000_u128 << 48) | 0x8000_u128 << 48;
        let h = format!("{bits:032x}");
        write!(
            f,
            "{}-{}-{}-{}-{}",
            &h[..8],
            &h[8..12],
            &h[12..16],
            &h[16..20],
            &h[20..]
        )
    }
}

impl Uid {
    /// The uid as it reads after a round trip through its text (version bits set).
    pub(super) fn canonical(self) -> Uid {
        Uid::parse(&self.to_string())
    }
}
