//! One declaration of a request or an answer gives both its Rust type and its field table.
//!
//! The table drives checking, encoding, decoding and the generated types of the other languages.

/// The kind of value that a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Text.
    Text,
    /// A person's name or ID number: text that is never shown, and that is encrypted before it is sent.
    Personal,
    /// Text from an open list: unlisted values are kept.
    Code(&'static [&'static str]),
    /// An amount in fen (0.01 CNY), 0 to 2 147 483 647.
    Fen,
    /// A whole number of at least this much.
    Count(i64),
    /// A list of records: the name of their type, and its fields.
    Records(&'static str, &'static [Field]),
}

/// The method of a request, which says where its fields travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub enum Method {
    /// Fields in the query string, without a body.
    Get,
    /// Fields in a JSON body.
    Post,
    /// Fields in a JSON body.
    Patch,
}

impl Method {
    /// The method as written in the request line and in the signed message.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
        }
    }
}

/// Must a field be given?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Required; a client fills it in from its options.
    Filled,
    /// Required.
    Required,
    /// May be left out.
    Optional,
}

/// One field of a request or an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// WeChat Pay's own name for the field.
    pub name: &'static str,
    /// Must it be given?
    pub need: Need,
    /// The kind of value that it holds.
    pub kind: Kind,
    /// The most characters that a text may have in a request.
    pub max: Option<usize>,
    /// Another spelling of the name that answers use.
    pub also: Option<&'static str>,
}

/// A type with a field table.
pub trait Record {
    /// The type's name in every language.
    const NAME: &'static str;
    /// The fields, in the order in which they are sent.
    const FIELDS: &'static [Field];

    /// The text or code in a field; `None` for a personal field.
    fn text(&self, field: &str) -> Option<&str>;
}

/// A Rust type that a field can have.
pub(crate) trait FieldType {
    const KIND: Kind;

    /// Is the field absent, so that nothing is written?
    fn left_out(&self) -> bool {
        false
    }

    /// The text or code that it holds, if it holds one.
    fn text(&self) -> Option<&str> {
        None
    }
}

impl FieldType for String {
    const KIND: Kind = Kind::Text;

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl<T: Record> FieldType for Vec<T> {
    const KIND: Kind = Kind::Records(T::NAME, T::FIELDS);
}

impl<T: FieldType> FieldType for Option<T> {
    const KIND: Kind = T::KIND;

    fn left_out(&self) -> bool {
        self.is_none()
    }

    fn text(&self) -> Option<&str> {
        self.as_ref()?.text()
    }
}

macro_rules! record {
    // A request knows all its fields; an answer also keeps fields that it does not know.
    ($(#[$meta:meta])* request $Name:ident { $($fields:tt)* }) => {
        record! { @define [$(#[$meta])*] [Eq, Default] [#[serde(deny_unknown_fields)]] $Name { $($fields)* } {} }
    };
    ($(#[$meta:meta])* answer $Name:ident { $($fields:tt)* }) => {
        record! { @define [$(#[$meta])*] [Default] [] $Name { $($fields)* } {
            /// Fields that the documentation does not name, as sent.
            #[serde(flatten)]
            pub unknown: serde_json::Map<String, serde_json::Value>,
        } }
    };
    (@define [$($doc_of_type:tt)*] [$($derived:ident),*] [$($after:tt)*] $Name:ident {
        $($(#[doc = $doc:literal])+ $need:ident $field:ident: $Type:ty $(, max $max:literal)? $(, also $also:literal)?;)*
    } { $($rest:tt)* }) => {
        $($doc_of_type)*
        #[derive(Debug, Clone, PartialEq, $($derived,)* serde::Serialize, serde::Deserialize)]
        // `propertyOrder` gives the order in which the fields are sent, because JSON objects have none.
        #[cfg_attr(
            feature = "schema",
            derive(schemars::JsonSchema),
            schemars(extend("propertyOrder" = &[$(stringify!($field)),*] as &[&str]))
        )]
        $($after)*
        pub struct $Name {
            $(
                $(#[doc = $doc])+
                #[serde(skip_serializing_if = "crate::words::field::FieldType::left_out")]
                pub $field: record!(@type $need $Type),
            )*
            $($rest)*
        }

        impl crate::words::field::Record for $Name {
            const NAME: &'static str = stringify!($Name);
            const FIELDS: &'static [crate::words::field::Field] = &[$(crate::words::field::Field {
                name: stringify!($field),
                need: record!(@need $need),
                kind: <$Type as crate::words::field::FieldType>::KIND,
                max: record!(@option $($max)?),
                also: record!(@option $($also)?),
            }),*];

            fn text(&self, field: &str) -> Option<&str> {
                match field {
                    $(stringify!($field) => crate::words::field::FieldType::text(&self.$field),)*
                    _ => None,
                }
            }
        }
    };
    (@type required $Type:ty) => { $Type };
    (@type $need:ident $Type:ty) => { Option<$Type> };
    (@need filled) => { crate::words::field::Need::Filled };
    (@need required) => { crate::words::field::Need::Required };
    (@need optional) => { crate::words::field::Need::Optional };
    (@option) => { None };
    (@option $value:literal) => { Some($value) };
}
pub(crate) use record;
