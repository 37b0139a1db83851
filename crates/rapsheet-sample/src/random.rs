//! Random numbers that never change: splitmix64 (<https://prng.di.unimi.it/splitmix64.c>).

/// A stream of random numbers from a seed.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Starts the stream of a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit` (0 where the limit is 0).
    pub(crate) const fn below(&mut self, limit: u64) -> u64 {
        // The high half of a product is fair enough for logs, and cheaper than a remainder.
        ((self.next() as u128 * limit as u128) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub(crate) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `percent` of a hundred cases.
    pub(crate) const fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of a list, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.index(list.len())]
    }

    /// An index into a list of this length.
    pub(crate) const fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// A rank below `len` under Zipf's law: each doubling of the rank is as likely as the one before.
    pub(crate) const fn zipf(&mut self, len: usize) -> usize {
        let octaves = (usize::BITS - len.leading_zeros()) as u64;
        loop {
            let octave = 1_u64 << self.below(octaves);
            let rank = (octave - 1 + self.below(octave)) as usize;
            if rank < len {
                return rank;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn gives_the_numbers_of_the_reference() {
        let mut random = Random::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn zipf_stays_below_and_favours_the_first() {
        let mut random = Random::new(7);
        let mut counts = [0_u32; 100];
        for _ in 0..10_000 {
            counts[random.zipf(100)] += 1;
        }
        assert!(counts[0] > 1_000, "{counts:?}");
        assert!(counts[0] > 10 * counts[50], "{counts:?}");
        assert_eq!(Random::new(1).zipf(1), 0);
    }
}
