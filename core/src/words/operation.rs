//! The list of operations, from which each floor generates what it needs.

use serde::Serialize;

/// Hands the list of operations to another macro. Each has a summary, a variant of `Operation`, and a name, which is also
/// the name of its module and of its method on every surface.
///
/// ```
/// macro_rules! names {
///     ($($(#[doc = $about:literal])+ $Variant:ident $name:ident,)+) => { [$(stringify!($name)),+] };
/// }
/// assert!(wechatpay_customs::each_operation!(names).contains(&"declare"));
/// ```
#[macro_export]
macro_rules! each_operation {
    ($then:ident) => {
        $then! {
            /// Declares a payment, or one part of a split payment, to a customs.
            Declare declare,
            /// Changes the amounts or the registration number of a declaration.
            Modify modify,
            /// Asks what became of the declarations of a payment or sub-order.
            Query query,
            /// Pushes a declaration again that the electronic port lost.
            Redeclare redeclare,
            /// Asks whether an identity matches that of the payer.
            VerifyIdentity verify_identity,
            /// Fetches the platform certificates, decrypted and verified.
            Certificates certificates,
        }
    };
}

macro_rules! operations {
    ($($(#[doc = $about:literal])+ $Variant:ident $name:ident,)+) => {
        /// The operations of the customs API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $($(#[doc = $about])+ $Variant,)+
        }

        impl Operation {
            /// Every operation, in the order of the documentation.
            pub const ALL: &[Operation] = &[$(Operation::$Variant,)+];

            /// The operation's name on every surface, such as `declare`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Operation::$Variant => stringify!($name),)+
                }
            }

            /// A sentence that says what the operation does.
            #[cfg(feature = "schema")]
            pub fn about(self) -> &'static str {
                match self {
                    $(Operation::$Variant => concat!($($about),+).trim(),)+
                }
            }
        }
    };
}

each_operation!(operations);

impl std::fmt::Display for Operation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Operation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
