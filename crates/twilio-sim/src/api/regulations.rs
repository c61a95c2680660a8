//! The regulatory API as far as it is simulated: reading. Bundles are the simulator's settings; they are changed
//! behind the scenes.

use super::Api;
use crate::{
    answer::Answer,
    call::Call,
    paging::Page,
    refusal::Refusal,
    regulatory::{bundle_json, regulations, shown_bundles},
    resource::Regulatory,
};

impl Api<'_> {
    pub(super) fn regulatory(&self, resource: Regulatory<'_>, call: &Call) -> Result<Answer, Refusal> {
        if call.method != "GET" {
            return Err(Refusal::method_not_allowed());
        }
        let not_found = || Refusal::not_found(&call.path);
        let main = self.world.accounts.main().ok_or_else(not_found)?;
        let written = |bundle| bundle_json(bundle, &main.sid, main.date_created, call);
        let bundle = |sid: &str| self.world.bundles.iter().find(|bundle| bundle.sid == sid);
        let body = match resource {
            Regulatory::Regulations => {
                let shown = regulations().filter(|regulation| regulation.is_shown(&call.query));
                Page::read(call)?.with_meta("results", shown.map(|regulation| regulation.to_json(call)))
            }
            Regulatory::Regulation { sid } => {
                let regulation = regulations().find(|regulation| regulation.sid() == sid);
                regulation.ok_or_else(not_found)?.to_json(call)
            }
            Regulatory::Bundles => {
                let shown = shown_bundles(&self.world.bundles, &call.query);
                Page::read(call)?.with_meta("results", shown.into_iter().map(written))
            }
            Regulatory::Bundle { sid } => written(bundle(sid).ok_or_else(not_found)?),
            Regulatory::BundleItems { sid } => {
                bundle(sid).ok_or_else(not_found)?;
                Page::read(call)?.with_meta("results", std::iter::empty())
            }
        };
        Ok(Answer::of(200, &body))
    }
}
