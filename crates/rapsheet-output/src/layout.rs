//! How wide each column of a table may be.

/// The narrowest that a column of text is cut to: an IPv4 address still shows.
const NARROWEST: usize = 15;
/// The narrowest that a column of addresses is cut to: half an address is of no use, and no IPv6 address is longer.
pub(crate) const ADDRESS: usize = 39;
/// Spaces between columns.
pub(crate) const GAP: usize = 2;

/// One column's wish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// Columns of the terminal that its widest cell takes.
    pub(crate) natural: usize,
    /// The narrowest that its cells may be cut to; `None` where they must stay whole.
    pub(crate) least: Option<usize>,
}

/// Fits columns into `available` by cutting the widest first; `None` where that would cut too much.
pub(crate) fn fit_widths(wishes: &[Wish], available: usize) -> Option<Vec<usize>> {
    let capped = |cap: usize| -> Vec<usize> {
        let width = |wish: &Wish| match wish.least {
            Some(least) => wish.natural.min(cap.max(least)),
            None => wish.natural,
        };
        wishes.iter().map(width).collect()
    };
    let fits = |cap: usize| total(&capped(cap)) <= available;
    let widest = wishes.iter().map(|wish| wish.natural).max().unwrap_or(0);
    if fits(widest) {
        return Some(capped(widest));
    }
    if !fits(NARROWEST) {
        return None;
    }
    // The largest cap that fits: it does at `low` and does not at `high`.
    let (mut low, mut high) = (NARROWEST, widest);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(capped(low))
}

/// The width of a line of columns.
pub(crate) fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Pads a cell that is `used` columns wide to `width`.
pub(crate) fn pad(out: &mut String, cell: &str, used: usize, width: usize, right: bool) {
    let space = width.saturating_sub(used);
    if right {
        out.extend(std::iter::repeat_n(' ', space));
        out.push_str(cell);
    } else {
        out.push_str(cell);
        out.extend(std::iter::repeat_n(' ', space));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(natural: usize, shrinks: bool) -> Wish {
        let least = shrinks.then_some(0);
        Wish { natural, least }
    }

    #[test]
    fn addresses_stay_whole_before_texts() {
        let address = Wish {
            natural: 38,
            least: Some(ADDRESS),
        };
        assert_eq!(
            fit_widths(&[address, wish(90, true)], 80),
            Some(vec![38, 40])
        );
        assert_eq!(
            fit_widths(&[address, wish(90, true)], 55),
            Some(vec![38, 15])
        );
        assert_eq!(fit_widths(&[address, wish(90, true)], 54), None);
    }

    #[test]
    fn the_widest_are_cut_first() {
        let wishes = [wish(10, false), wish(20, true), wish(90, true)];
        assert_eq!(fit_widths(&wishes, 200), Some(vec![10, 20, 90]));
        assert_eq!(fit_widths(&wishes, 80), Some(vec![10, 20, 46]));
        assert_eq!(fit_widths(&wishes, 50), Some(vec![10, 18, 18]));
        assert_eq!(fit_widths(&wishes, 40), None);
        assert_eq!(fit_widths(&[], 0), Some(vec![]));
    }
}
