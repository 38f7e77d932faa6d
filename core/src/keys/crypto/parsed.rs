use std::sync::{Arc, Mutex, PoisonError};

/// A verifier's public keys, each parsed once.
pub(super) struct Parsed<K>(Mutex<Vec<Entry<K>>>);

/// A key as SubjectPublicKeyInfo (DER), then parsed.
type Entry<K> = (Box<[u8]>, Arc<K>);

impl<K> Default for Parsed<K> {
    fn default() -> Self {
        Parsed(Mutex::default())
    }
}

impl<K> Parsed<K> {
    /// A merchant has two platform keys, or a few more while they are replaced.
    const MOST: usize = 8;

    pub fn get(&self, spki_der: &[u8], parse: impl FnOnce(&[u8]) -> Option<K>) -> Option<Arc<K>> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = keys.iter().find(|(known, _)| **known == *spki_der) {
            return Some(Arc::clone(key));
        }
        let key = Arc::new(parse(spki_der)?);
        if keys.len() >= Self::MOST {
            keys.remove(0);
        }
        keys.push((spki_der.into(), Arc::clone(&key)));
        Some(key)
    }
}
