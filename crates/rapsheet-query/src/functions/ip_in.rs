//! `ip_in(address, '10.0.0.0/8')`: whether a network holds an address. An address without `/` is a network of one.

use arrow::array::Array;
use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use ipnet::IpNet;
use rapsheet_schema::parse_address;

use super::{flags, for_each_address, no_argument, texts};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IpIn {
    signature: Signature,
}

impl IpIn {
    pub(super) fn new() -> Self {
        let arguments = vec![DataType::Utf8View, DataType::Utf8View];
        Self {
            signature: Signature::exact(arguments, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for IpIn {
    fn name(&self) -> &str {
        "ip_in"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let network = args.args.get(1).ok_or_else(no_argument)?;
        match network {
            // What nearly every query has: one network for all rows, read once.
            ColumnarValue::Scalar(network) => {
                let network = match network.try_as_str().flatten() {
                    Some(text) => Some(read_network(text)?),
                    None => None,
                };
                for_each_address(&args, |_, ip| Ok(network.map(|it| it.contains(&ip))), flags)
            }
            ColumnarValue::Array(networks) => {
                let networks = texts(networks)?;
                let holds = |row, ip| {
                    if networks.is_null(row) {
                        return Ok(None);
                    }
                    Ok(Some(read_network(networks.value(row))?.contains(&ip)))
                };
                for_each_address(&args, holds, flags)
            }
        }
    }
}

fn read_network(text: &str) -> Result<IpNet> {
    text.parse::<IpNet>()
        .ok()
        .or_else(|| parse_address(text).map(IpNet::from))
        .ok_or_else(|| exec_datafusion_err!("`{text}` is not a network such as `192.0.2.0/24`"))
}
