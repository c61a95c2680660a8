//! The description of the API: an OpenAPI 3.1 document that is made of the routes themselves.
//!
//! Each handler says what it reads and answers (`#[utoipa::path]`), and only a handler that does can become a route
//! (`routes!`), so no route is without. What requests may hold stands in `asked`, what answers hold on the types in
//! `answer`, in `things`, `report` and `words`, what can be refused in `refusals`. Here the document gets what is the same for all
//! routes, and the examples, one file of them (`examples.json`) by operation.
//!
//! *Invariants*: the document is made once and says nothing of the deployment that serves it; `docs/openapi.json` is the
//! same document; every example in it is compared with its schema, and read where it is one of a body, by a test.

pub(crate) mod asked;
pub(crate) mod pages;
pub(crate) mod problem;
pub(crate) mod refusals;
pub(crate) mod report;
pub(crate) mod things;
pub(crate) mod words;

#[cfg(test)]
mod agreement;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, Content, Header, HeaderBuilder, Info, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder,
    PathItem, Ref, RefOr, Schema,
};

use crate::problem::ErrorCode;
use crate::router::described_routes;

/// The document as it is served: made when it is first asked for.
static SERVED: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default());

/// The description of the API as an OpenAPI 3.1 document, in lines for people: what `GET /api/openapi.json` serves, and
/// what a program generates a client of.
pub fn api_description() -> String {
    document().to_pretty_json().unwrap_or_default()
}

/// The document without blanks.
pub(crate) fn served() -> &'static str {
    &SERVED
}

/// The families of routes, in the order in which the pages show them.
const TAGS: [(&str, &str); 6] = [
    ("numbers", "Searching, buying, holding and releasing numbers, and the orders behind purchases."),
    ("wallet", "Balances and histories."),
    ("callers", "Users, their businesses and API keys, and who did what."),
    (
        "operator",
        "What operators alone may see and decide. Every decision takes a reason, which the audit trail keeps.",
    ),
    ("webhooks", "What Twilio sends. Nothing of it is believed without Twilio's signature."),
    ("health", "Whether the server lives and works, and this description. Open to everybody."),
];

const ABOUT: &str = "Sells phone numbers out of prepaid wallets.\n\n\
    **Callers.** Send `Authorization: Bearer …` with an API key or a token of the identity provider. A *user* works with \
    their own things, and as a *member* with the numbers of somebody else's business, whose owner's wallet pays. A *service* names the user it acts for, in `Trunkline-User` or as `userId`. An *operator* reads \
    everybody's, or narrows a request to one user in the same way. What is another user's is answered exactly as what does \
    not exist.\n\n\
    **Failures** are problem documents (RFC 9457) with a `code` that never changes its meaning or its status. Where money is \
    involved, `charged` says where it is. A path that is not here is `NOT_FOUND`, a method that its path does not know \
    `METHOD_NOT_ALLOWED`; `components.responses` has every code.\n\n\
    **Requests.** A member that is `null` or an empty text counts as not sent, but where its description says that it takes \
    something away. Members that nobody asks for are ignored.\n\n\
    **Amounts** are JSON numbers with at most six decimals, and exact: read them as decimals. Nothing converts between \
    currencies.\n\n\
    **Lists** come in pages: `nextCursor` is the `cursor` of the next one, and `null` on the last.";

/// In which form bodies and answers are.
const JSON: &str = "application/json";

/// Examples of one operation, by what they are examples of.
#[derive(Debug, Deserialize)]
struct Examples {
    /// Of the body.
    request: Option<Value>,
    /// Of answers, by status.
    #[serde(default)]
    answers: BTreeMap<String, Value>,
}

fn document() -> OpenApi {
    let mut document = OpenApiBuilder::new()
        .info(info())
        .tags(Some(TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build())))
        .security(Some([SecurityRequirement::new("bearer", Vec::<String>::new())]))
        .build();
    document.merge(described_routes());
    complete(document.components.get_or_insert_with(Components::new));
    let mut examples: BTreeMap<String, Examples> =
        serde_json::from_str(include_str!("examples.json")).unwrap_or_default();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let examples = operation.operation_id.as_ref().and_then(|id| examples.remove(id));
        finish(operation, examples);
    }
    document
}

fn info() -> Info {
    let license =
        LicenseBuilder::new().name(env!("CARGO_PKG_LICENSE")).identifier(Some(env!("CARGO_PKG_LICENSE")));
    InfoBuilder::new()
        .title("Trunkline")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license.build()))
        .build()
}

/// What operations refer to by name.
fn complete(components: &mut Components) {
    components.schemas.extend(refusals::schemas());
    // Of a pending purchase it is an answer of its own.
    for code in ErrorCode::ALL
        .iter()
        .filter(|code| code.status().is_client_error() || code.status().is_server_error())
    {
        components
            .responses
            .insert(code.as_str().to_owned(), with_request_id(refusals::answer(&[*code])).into());
    }
    for (name, header) in headers() {
        components.headers.insert(name.to_owned(), header.into());
    }
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key, or a token of the identity provider that the deployment trusts."));
    components.security_schemes.insert("bearer".to_owned(), SecurityScheme::Http(key.build()).into());
}

fn headers() -> [(&'static str, Header); 3] {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    let header = |schema: ObjectBuilder, about: &'static str| {
        HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build()
    };
    [
        ("RetryAfter", header(seconds, "In how many seconds to ask again.")),
        ("WwwAuthenticate", header(text(), "`Bearer`.")),
        (
            "RequestId",
            header(
                text(),
                "The request's id, as in the server's log: its own, or the one that came with it.",
            ),
        ),
    ]
}

fn with_request_id(mut response: Response) -> Response {
    response
        .headers
        .insert("X-Request-Id".to_owned(), RefOr::Ref(Ref::new("#/components/headers/RequestId")));
    response
}

/// Adds to an operation what every one has, and its examples.
fn finish(operation: &mut Operation, examples: Option<Examples>) {
    let Examples { request, mut answers } =
        examples.unwrap_or(Examples { request: None, answers: BTreeMap::new() });
    if let Some(RefOr::T(body)) = &mut operation.request_body
        && let Some(content) = body.content.get_mut(JSON)
    {
        exemplify(content, request);
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            if let Some(content) = response.content.get_mut(JSON) {
                exemplify(content, answers.remove(status));
            }
            *response = with_request_id(std::mem::take(response));
        }
    }
}

fn exemplify(content: &mut RefOr<Content>, example: Option<Value>) {
    if let RefOr::T(content) = content {
        content.example = example;
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// The schemas by name, for the refusals and the tests.
type Schemas = Vec<(String, RefOr<Schema>)>;
