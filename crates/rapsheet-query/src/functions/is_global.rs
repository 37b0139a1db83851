//! `is_global(address)`: whether it is an address of the open internet, by the IANA registries.

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use rapsheet_schema::{Scope, scope_of};

use super::{flags, for_each_address};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IsGlobal {
    signature: Signature,
}

impl IsGlobal {
    pub(super) fn new() -> Self {
        let arguments = vec![DataType::Utf8View];
        Self {
            signature: Signature::exact(arguments, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for IsGlobal {
    fn name(&self) -> &str {
        "is_global"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        for_each_address(
            &args,
            |_, ip| Ok(Some(scope_of(ip) == Scope::Global)),
            flags,
        )
    }
}
