//! Where the database itself knows who signed in: `auth.uid()`, as Supabase has it.

use super::{Installation, VIEWS};

const ANN: &str = "0c5a9a6e-7a2f-4f2e-9a35-1f6f2f0a0001";
const BOB: &str = "0c5a9a6e-7a2f-4f2e-9a35-1f6f2f0a0002";

/// What the identity provider's part of the database looks like.
const AUTH: [&str; 2] = [
    "CREATE SCHEMA auth",
    "CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
     $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$",
];

#[tokio::test]
async fn a_signed_in_user_sees_their_own_rows() {
    let installation = Installation::new().await;
    installation.live(&[ANN.parse().unwrap(), BOB.parse().unwrap()]).await;
    installation.database.run(&AUTH);
    let mut reader = installation.session("reader").await;

    // The role may not use the schema: then it is as if there were none.
    reader.run(&format!("SET request.jwt.claim.sub = '{ANN}'")).await.unwrap();
    assert!(reader.owners("orders").await.is_empty());
    reader.is_for(BOB).await;
    assert_eq!(reader.owners("orders").await, [BOB]);

    installation.database.run(&["GRANT USAGE ON SCHEMA auth TO trunkline_tenant"]);
    // Two that disagree: nobody.
    for view in VIEWS {
        assert!(reader.owners(view).await.is_empty(), "{view}");
    }
    for agreeing in ["RESET app.user_id".to_owned(), format!("SET app.user_id = '{ANN}'")] {
        reader.run(&agreeing).await.unwrap();
        for view in VIEWS {
            assert_eq!(reader.owners(view).await, [ANN], "{view} after {agreeing}");
        }
    }
    reader.run("RESET request.jwt.claim.sub").await.unwrap();
    reader.is_for(BOB).await;
    assert_eq!(reader.owners("orders").await, [BOB], "nobody signed in, and the session says who");
    installation.database.run(&["DROP SCHEMA auth CASCADE"]);
    assert_eq!(reader.owners("orders").await, [BOB], "the function went away");
}
