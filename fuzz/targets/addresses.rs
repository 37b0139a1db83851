//! Addresses anywhere in a text: what is found is an address that reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    rapsheet_parse::each_address(text, |ip| {
        assert_eq!(ip.to_string().parse(), Ok(ip));
        assert_eq!(ip.to_canonical(), ip);
    });
});
