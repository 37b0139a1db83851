//! `ip_network(address, 24, 64)`: the network of an address, with this many bits for IPv4 and that many for IPv6.

use std::sync::Arc;

use arrow::array::{Array, AsArray, StringViewArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use rapsheet_schema::network_of;

use super::for_each_address;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IpNetwork {
    signature: Signature,
}

impl IpNetwork {
    pub(super) fn new() -> Self {
        let arguments = vec![DataType::Utf8View, DataType::Int64, DataType::Int64];
        Self {
            signature: Signature::exact(arguments, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for IpNetwork {
    fn name(&self) -> &str {
        "ip_network"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let prefixes = args.args[1..]
            .iter()
            .map(|prefix| prefix.to_array(args.number_rows))
            .collect::<Result<Vec<_>>>()?;
        let bits = |index: usize, row: usize, most: u8| -> Result<Option<u8>> {
            let column = prefixes[index].as_primitive::<Int64Type>();
            if column.is_null(row) {
                return Ok(None);
            }
            let bits = column.value(row);
            match u8::try_from(bits) {
                Ok(bits) if bits <= most => Ok(Some(bits)),
                _ => exec_err!("a prefix has 0 to {most} bits, not {bits}"),
            }
        };
        let network = |row, ip| {
            let (Some(v4), Some(v6)) = (bits(0, row, 32)?, bits(1, row, 128)?) else {
                return Ok(None);
            };
            let (first, prefix) = network_of(ip, v4, v6);
            Ok(Some(format!("{first}/{prefix}")))
        };
        for_each_address(&args, network, |texts| {
            Arc::new(texts.into_iter().collect::<StringViewArray>())
        })
    }
}
