//! What holds for the workspace as a whole. Here because the domain is the lowest layer and compiles first.

#[expect(clippy::expect_used, reason = "a test that cannot read the workspace has to fail, and says why")]
mod layers;
#[expect(clippy::expect_used, reason = "a test that cannot read the workspace has to fail, and says why")]
mod threats;
