//! What a new sandbox holds: a user with a business and 25 dollars, a second user, and a key for everybody.
//! Planting again changes nothing.

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use trunkline_domain::{BusinessId, Currency, Money, Origin, RequestContext, UserId};
use trunkline_sessions::{AccountError, AccountToCreate, CreateAccountCommand, SignInLink, WhoseAccount};
use trunkline_tenancy::{
    AddBusinessCommand, AddUserCommand, AuthenticationError, Email, KeyHolder, KeyLimits, MakeKeyCommand,
    Principal, PrincipalKind,
};
use trunkline_wallet::CreditCommand;
use uuid::Uuid;

use super::environment::Environment;
use crate::wiring::Parts;

/// The newcomer.
pub(super) const DEMO_USER: &str = "demo-user";
/// Somebody else, to see that they see nothing.
const SECOND_USER: &str = "second-user";
const BUSINESS: BusinessId =
    BusinessId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
const FIRST_BALANCE: &str = "25.00";

/// Plants what is missing, and fills in the environment's keys and ids.
pub(super) async fn plant(parts: &Parts, environment: &mut Environment) -> anyhow::Result<()> {
    let demo = user(parts, DEMO_USER).await?;
    let second = user(parts, SECOND_USER).await?;
    let business = AddBusinessCommand {
        id: Some(BUSINESS),
        owner: demo.clone(),
        name: "Demo business".to_owned().try_into().context("the demo business's name")?,
        time_zone: None,
        origin: Origin::command_line(),
    };
    parts.tenancy.add_business(business).await?;
    first_balance(parts, &demo).await?;
    let user_key = |user: UserId| KeyHolder::User { user };
    refresh(parts, &mut environment.user_key, user_key(demo.clone())).await?;
    refresh(parts, &mut environment.second_user_key, user_key(second)).await?;
    refresh(parts, &mut environment.operator_key, KeyHolder::Operator).await?;
    refresh(parts, &mut environment.service_key, KeyHolder::Service).await?;
    environment.user_id = demo.to_string();
    environment.business_id = BUSINESS.to_string();
    Ok(())
}

/// How the newcomer is called where they sign in.
const DEMO_EMAIL: &str = "demo@sandbox.example";
/// How the operator is.
const OPERATOR_EMAIL: &str = "operator@sandbox.example";

/// Links that sign in once: the newcomer, and the operator.
pub(super) struct SignInLinks {
    pub(super) demo: SignInLink,
    pub(super) operator: SignInLink,
}

/// New links, for accounts that are made where they are missing. The accounts have no passwords.
pub(super) async fn sign_in_links(parts: &Parts) -> anyhow::Result<SignInLinks> {
    let demo = WhoseAccount::User(DEMO_USER.parse()?);
    Ok(SignInLinks {
        demo: sign_in_link(parts, DEMO_EMAIL, demo).await?,
        operator: sign_in_link(parts, OPERATOR_EMAIL, WhoseAccount::Operator).await?,
    })
}

async fn sign_in_link(parts: &Parts, email: &str, whose: WhoseAccount) -> anyhow::Result<SignInLink> {
    let (email, origin): (Email, _) = (email.parse()?, Origin::command_line());
    let account = match parts.sessions.account_by_email(email.clone()).await {
        Ok(account) => account,
        Err(AccountError::NotFound) => {
            let account = AccountToCreate { whose, email: Some(email), subject: None, password: None };
            parts.sessions.create_account(CreateAccountCommand { account, origin: origin.clone() }).await?
        }
        Err(error) => return Err(error.into()),
    };
    Ok(parts.sessions.make_link(&account, &origin).await?)
}

async fn user(parts: &Parts, id: &str) -> anyhow::Result<UserId> {
    let id: UserId = id.parse()?;
    let command = AddUserCommand { id: id.clone(), email: None, origin: Origin::command_line() };
    parts.tenancy.add_user(command).await?;
    Ok(id)
}

/// The first credit, once in the life of the sandbox: a wallet that exists has had it.
async fn first_balance(parts: &Parts, user: &UserId) -> anyhow::Result<()> {
    let balance = parts.wallets.balance(user, Currency::USD).await?;
    if balance.updated_at.is_some() {
        return Ok(());
    }
    let credit = CreditCommand {
        user: user.clone(),
        amount: Money::parse(FIRST_BALANCE, Currency::USD)?,
        reason: "Welcome to the sandbox".to_owned(),
        request: None,
        // Nobody's wish, so that it needs no second operator either.
        origin: Origin::system(),
    };
    parts.wallets.credit(credit).await?;
    Ok(())
}

/// Keeps a key of an earlier run that still opens what it should; makes a new one otherwise.
async fn refresh(parts: &Parts, secret: &mut SecretString, holder: KeyHolder) -> anyhow::Result<()> {
    let opens = match parts.tenancy.authenticate(secret.expose_secret(), &RequestContext::NONE).await {
        Ok(principal) => is_of(&principal, &holder),
        Err(AuthenticationError::Store(error)) => return Err(error.into()),
        Err(
            AuthenticationError::Nobody
            | AuthenticationError::UnknownUser
            | AuthenticationError::KeysUnavailable(_),
        ) => false,
    };
    if !opens {
        let command = MakeKeyCommand {
            holder,
            name: Some("sandbox".to_owned()),
            scopes: None,
            expires_at: None,
            limits: KeyLimits::NONE,
            origin: Origin::command_line(),
        };
        *secret = parts.tenancy.make_key(command).await?.secret.expose().to_owned().into();
    }
    Ok(())
}

/// Whether a caller is this holder, with everything that the holder may do.
fn is_of(principal: &Principal, holder: &KeyHolder) -> bool {
    let is_same = match (&principal.kind, holder) {
        (PrincipalKind::User { user, .. }, KeyHolder::User { user: wanted }) => user == wanted,
        (PrincipalKind::Service { .. }, KeyHolder::Service)
        | (PrincipalKind::Operator { .. }, KeyHolder::Operator) => true,
        (
            PrincipalKind::User { .. } | PrincipalKind::Service { .. } | PrincipalKind::Operator { .. },
            KeyHolder::User { .. } | KeyHolder::Service | KeyHolder::Operator,
        ) => false,
    };
    is_same && holder.scopes().is_within(principal.scopes)
}
