// The objects that more than one method speaks of, each described once.

internal import JSON

/// An object of the wire with a name of its own in the document.
public enum Component: String, Sendable, CaseIterable {
  case session = "Session"
  case profile = "Profile"
  case prompt = "Prompt"
  case requester = "Requester"
  case form = "Form"
  case field = "Field"
  case choice = "Choice"
  case authenticator = "Authenticator"
  case message = "Message"
  case error = "Error"

  /// What it is, in one sentence.
  public var sentence: String {
    switch self {
    case .session: "The tokens held for one profile and one owner; never the tokens themselves"
    case .profile: "One registered client at one issuer, as a caller may see it"
    case .prompt:
      "One Identity Engine response of a transaction, as a person can answer it: nothing that the "
        + "engine asks or offers is dropped"
    case .requester: "Who caused the sign-in, as the kernel names them"
    case .form: "One remediation or action of the response, in the response's order"
    case .field: "One thing to fill in; nested forms are flat, their names joined by dots"
    case .choice: "One option of a choice"
    case .authenticator: "What the engine says of an authenticator, or of an enrolment of it"
    case .message: "What the engine says in words"
    case .error: "Why a call failed"
    }
  }

  /// Whether it carries whatever else the engine sent, under the engine's names.
  public var isOpen: Bool { self == .authenticator }

  /// The members of the object that this describes.
  public var fields: [FieldDescription] {
    switch self {
    case .session: Self.sessionFields
    case .profile: Self.profileFields
    case .prompt: Self.promptFields
    case .requester: Self.requesterFields
    case .form: Self.formFields
    case .field: Self.fieldFields
    case .choice: Self.choiceFields
    case .authenticator: Self.authenticatorFields
    case .message: Self.messageFields
    case .error: Self.errorFields
    }
  }

  /// A uid, or the service itself.
  private static let owner = Schema.either([.integer, .word(["service"])])

  private static let sessionFields: [FieldDescription] = [
    FieldDescription("profile", .text, "The profile's name", required: true),
    FieldDescription(
      "owner", owner, "The uid whose session it is, or service for the one that all share",
      unit: "uid", required: true),
    FieldDescription(
      "subject", .nullable(.text), "The ID token's sub; null while nobody is signed in",
      required: true),
    FieldDescription(
      "state", .word(SessionSummary.State.allCases.map(\.rawValue)),
      "Whether there is a token: active, expiring (due for refresh), expired, signed_out",
      required: true),
    FieldDescription(
      "access_expires_at", .nullable(.time), "When the access token held ends", required: true),
    FieldDescription(
      "refreshable", .flag, "Whether there is a refresh token, so that nobody need be asked",
      required: true),
    FieldDescription(
      "scope", .nullable(.text), "The scopes granted, separated by spaces", required: true),
    FieldDescription(
      "last_refresh_at", .nullable(.time), "When the issuer last gave tokens without a person",
      required: true),
    FieldDescription("transaction", .text, "The sign-in that is under way for it"),
  ]

  private static let profileFields: [FieldDescription] = [
    FieldDescription("name", .text, "The profile's name", required: true),
    FieldDescription("issuer", .text, "The issuer's address", required: true),
    FieldDescription("client_id", .text, "The client as registered at the issuer", required: true),
    FieldDescription(
      "scopes", .list(.text, atLeast: 0), "The scopes that its sessions have", required: true),
    FieldDescription(
      "owner", .word(ProfileSummary.Ownership.allCases.map(\.rawValue)),
      "Whose sessions it has: one for each caller, or one of the service for all", required: true),
    FieldDescription(
      "dpop", .flag, "Whether its tokens are bound to a key of the broker", required: true),
    FieldDescription(
      "session", .nullable(.named(.session)), "The caller's session; null where there is none",
      required: true),
  ]

  private static let promptFields: [FieldDescription] = [
    FieldDescription("id", .text, "Names the prompt in answers", required: true),
    FieldDescription("transaction", .text, "The sign-in that it belongs to", required: true),
    FieldDescription("profile", .text, "The profile that is signed in to", required: true),
    FieldDescription(
      "owner", owner, "The uid whose session it will be, or service", unit: "uid", required: true),
    FieldDescription("issuer", .text, "The address of who asks", required: true),
    FieldDescription("requested_by", .named(.requester), "Who caused the sign-in"),
    FieldDescription("reason", .text, "Why, in the caller's own words"),
    FieldDescription("intent", .text, "What the transaction is for, in the engine's word"),
    FieldDescription("title", .text, "What is asked, in one line", required: true),
    FieldDescription(
      "messages", .list(.named(.message), atLeast: 0), "The engine's words", required: true),
    FieldDescription("user", .anyObject, "What the engine says of the user, like identifier"),
    FieldDescription("app", .anyObject, "What the engine says of the application, like label"),
    FieldDescription(
      "authenticator", .named(.authenticator), "The authenticator verified or set up now"),
    FieldDescription(
      "forms", .list(.named(.form), atLeast: 0),
      "Every remediation in the engine's order, then every action", required: true),
    FieldDescription(
      "context", .anyObject,
      "What helps to answer, like number_challenge, qr_code, question, password_policy"),
    FieldDescription("expires_at", .time, "When the engine forgets the transaction"),
  ]

  private static let requesterFields: [FieldDescription] = [
    FieldDescription("pid", .integer, "The process", unit: "process id", required: true),
    FieldDescription("uid", .integer, "The user", unit: "uid", required: true),
    FieldDescription("exe", .text, "The path of the program, where the broker may see it"),
    FieldDescription("unit", .text, "The systemd unit, where there is one"),
  ]

  private static let formFields: [FieldDescription] = [
    FieldDescription("id", .text, "Names the form in answers", required: true),
    FieldDescription(
      "remediation", .text, "The engine's name of it, or where the action hangs", required: true),
    FieldDescription("label", .text, "What to call it, in the engine's words where it has any"),
    FieldDescription(
      "kind", .word(["form", "action", "poll", "browser", "unsupported"]),
      "How it is answered: fill in fields; just do it; wait, the broker polls by itself; open url; "
        + "not doable here but shown and answerable field by field", required: true),
    FieldDescription("url", .text, "The address to open, for kind browser"),
    FieldDescription(
      "interval", .number(.duration), "Between two polls, for kind poll", unit: "seconds"),
    FieldDescription(
      "fields", .list(.named(.field), atLeast: 0), "What to fill in", required: true),
    FieldDescription("authenticator", .named(.authenticator), "What the form is about"),
    FieldDescription("details", .anyObject, "Whatever else the engine attached"),
  ]

  private static let fieldFields: [FieldDescription] = [
    FieldDescription("name", .text, "Names the field in answers", required: true),
    FieldDescription(
      "type", .word(["string", "boolean", "integer", "choice"]), "What its value is",
      required: true),
    FieldDescription("label", .text, "What to call it, in the engine's words"),
    FieldDescription("required", .flag, "Whether an answer must have it", required: true),
    FieldDescription("secret", .flag, "Whether it is read without echo", standard: false),
    FieldDescription(
      "computed", .flag, "Whether a program gives it and nobody types it", standard: false),
    FieldDescription(
      "value", .either([.text, .flag, .number(NumberRange()), .anyObject, .nullable(.text)]),
      "What counts where the answer leaves it out"),
    FieldDescription("min_length", .integer, "The least length", unit: "Unicode scalars"),
    FieldDescription("max_length", .integer, "The greatest length", unit: "Unicode scalars"),
    FieldDescription("pattern", .text, "The engine's regular expression, for people"),
    FieldDescription("choices", .list(.named(.choice), atLeast: 0), "The options of a choice"),
    FieldDescription(
      "messages", .list(.named(.message), atLeast: 0), "The engine's words on this field",
      required: true),
    FieldDescription("details", .anyObject, "Whatever else the engine attached"),
  ]

  private static let choiceFields: [FieldDescription] = [
    FieldDescription("id", .text, "Names the option in answers", required: true),
    FieldDescription("label", .text, "What to call it", required: true),
    FieldDescription(
      "fields", .list(.named(.field), atLeast: 0), "What this option asks in addition"),
    FieldDescription(
      "authenticator", .named(.authenticator), "The authenticator or enrolment it stands for"),
  ]

  private static let authenticatorFields: [FieldDescription] = [
    FieldDescription("key", .text, "The engine's key, like okta_email"),
    FieldDescription("type", .text, "The engine's type, like email"),
    FieldDescription("name", .text, "The administrator's label"),
    FieldDescription("method", .text, "The method, where there is only one"),
    FieldDescription(
      "enrollment", .flag, "Whether it is being set up rather than verified", required: true),
  ]

  private static let messageFields: [FieldDescription] = [
    FieldDescription(
      "level", .word(["error", "warning", "info"]), "How bad it is", required: true),
    FieldDescription("key", .text, "The engine's key, the same in every language"),
    FieldDescription("text", .text, "The engine's own words, unchanged", required: true),
    FieldDescription(
      "links", .list(.anyObject, atLeast: 0), "Label and url of each link that goes with it"),
  ]

  private static let errorFields: [FieldDescription] = [
    FieldDescription("code", .integer, "The code", unit: "JSON-RPC error code", required: true),
    FieldDescription("message", .text, "What happened and to what", required: true),
    FieldDescription(
      "data", .anyObject,
      "More of it: reason (a word for programs), hint (what to do next), retry_after (seconds), "
        + "messages (the issuer's words), waiting_for (issuer, prompter or person)"),
  ]
}
