//! Pages: one row more is read than a page holds, and tells whether there is another.

/// The items of a page, and the cursor to the next one.
pub(crate) fn cut_page<T, I>(mut items: Vec<T>, limit: u16, place: impl Fn(&T) -> I) -> (Vec<T>, Option<I>) {
    let limit = usize::from(limit);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(place);
    (items, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_too_many_is_on_the_next_page() {
        let page = |rows: &[u8]| cut_page(rows.to_vec(), 2, |row| *row);
        assert_eq!(page(&[]), (vec![], None));
        assert_eq!(page(&[9, 8]), (vec![9, 8], None));
        assert_eq!(page(&[9, 8, 7]), (vec![9, 8], Some(8)));
    }
}
