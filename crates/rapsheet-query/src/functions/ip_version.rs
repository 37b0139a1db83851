//! `ip_version(address)`: 4 or 6.

use std::sync::Arc;

use arrow::array::Int64Array;
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::for_each_address;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IpVersion {
    signature: Signature,
}

impl IpVersion {
    pub(super) fn new() -> Self {
        let arguments = vec![DataType::Utf8View];
        Self {
            signature: Signature::exact(arguments, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for IpVersion {
    fn name(&self) -> &str {
        "ip_version"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        for_each_address(
            &args,
            |_, ip| Ok(Some(if ip.is_ipv4() { 4 } else { 6 })),
            |versions| Arc::new(Int64Array::from(versions)),
        )
    }
}
