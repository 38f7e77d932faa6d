//! Logs observations as `tracing` events.

use crate::{engine::Emit, words::finding::Finding};

/// Logs the beginning or end of an attempt.
pub(super) fn attempt(emit: &Emit) {
    if let Some(key_id) = &emit.key_id {
        tracing::warn!(operation = emit.operation.name(), phase = emit.phase.as_str(), key_id, reason = emit.reason);
        return;
    }
    tracing::debug!(
        operation = emit.operation.name(),
        attempt = emit.attempt,
        phase = emit.phase.as_str(),
        host = emit.host,
        status = emit.status,
        request_id = emit.request_id,
        ms = emit.ms,
        reason = emit.reason,
    );
}

/// Logs a warning about a call that succeeded.
pub(super) fn warning(finding: &Finding) {
    tracing::warn!(
        rule = finding.rule,
        field = finding.field,
        location = finding.location.as_str(),
        "{}",
        finding.issue
    );
}
