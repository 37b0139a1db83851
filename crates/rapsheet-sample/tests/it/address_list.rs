//! Lists of addresses: what they hold is what they say.

use rapsheet_sample::address_list;

#[test]
fn list_counts_agree() {
    let mut bytes = Vec::new();
    let expected = address_list(&mut bytes, 20_000, 5).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let count = |word: &str| text.lines().filter(|line| line.contains(word)).count() as u64;
    assert_eq!(text.lines().count(), 20_000);
    assert_eq!(expected.lines, 20_000);
    assert_eq!(expected.networks, count("/24 ; SBL"));
    assert_eq!(expected.comments, count("#"));
    assert_eq!(
        expected.listed,
        expected.lines - expected.networks - expected.comments
    );
    assert!(count("2001:db8:") > 1_000);
}
