// Answering a prompt.

public import JSON
public import JSONRPC
public import Prompts

/// `prompt.answer`
public enum PromptAnswer: Method {
  public typealias Result = AnswerOutcome

  public static let name = "prompt.answer"
  public static let summary = "Answers a prompt, and gives what the issuer says to it"
  public static let details =
    "An answer that misses a required field, names an unknown one or breaks a length rule is "
    + "refused with -32602 before anything is sent, and the prompt stays open. So it does on "
    + "rate_limited. What the issuer refuses comes back as the outcome prompt, in its words."
  public static let reasons: [Reason] = [
    .promptStale, .issuerUnavailable, .rateLimited, .timeout,
  ]

  /// Which prompt, and what is answered.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription("prompt", .text, "The prompt's id", required: true),
      FieldDescription("form", .text, "The id of the form that is answered", required: true),
      FieldDescription(
        "fields", .anyObject,
        "The values by field name, dotted or nested alike; a choice by its id, or by "
          + "{id, fields} where it has fields of its own", standard: [:]),
      FieldDescription(
        "timeout", .number(.timeout), "How long the call may take", unit: "seconds", standard: 30),
    ]

    /// The prompt, by its id.
    public var prompt: PromptID
    /// One of its forms, filled in.
    public var answer: Answer
    /// In seconds.
    public var timeout: Double

    /// Made of its parts; what is left out has the value that stands here.
    public init(prompt: PromptID, answer: Answer, timeout: Double = 30) {
      self.prompt = prompt
      self.answer = answer
      self.timeout = timeout
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(
        prompt: PromptID(rawValue: try params.text("prompt")),
        answer: Answer(form: try params.text("form"), fields: params.members("fields")),
        timeout: params.number("timeout") ?? 30)
    }

    public var json: JSONObject {
      var object: JSONObject = [
        "prompt": .string(prompt.rawValue), "form": .string(answer.form),
      ]
      if !answer.fields.isEmpty { object.append("fields", .object(answer.fields)) }
      if timeout != 30 { object.append("timeout", .double(timeout)) }
      return object
    }
  }
}

/// What became of an answer.
public struct AnswerOutcome: PlainResult, Equatable {
  /// What has come of it.
  public enum Outcome: String, Sendable, CaseIterable {
    /// The engine asks on, or asks again.
    case prompt
    /// The sign-in is done.
    case completed
    /// The sign-in has ended without tokens.
    case failed
  }

  public static let sentence = "What became of the answer"
  public static let schema = Schema.object([
    FieldDescription(
      "outcome", .word(Outcome.allCases.map(\.rawValue)),
      "prompt: the engine asks on, or again; completed: signed in; failed: ended without tokens",
      required: true),
    FieldDescription("prompt", .named(.prompt), "What is asked now, with outcome prompt"),
    FieldDescription("session", .named(.session), "The session, with outcome completed"),
    FieldDescription("error", .named(.error), "Why, with outcome failed"),
  ])

  /// Whether there is more to answer, or how it ended.
  public var outcome: Outcome
  /// The next one, with `prompt`.
  public var prompt: Prompt?
  /// What was signed in to, with `completed`; `nil` where a flow ends without tokens.
  public var session: SessionSummary?
  /// Why it ended, with `failed`.
  public var error: RPCError?

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    outcome: Outcome, prompt: Prompt? = nil, session: SessionSummary? = nil,
    error: RPCError? = nil
  ) {
    self.outcome = outcome
    self.prompt = prompt
    self.session = session
    self.error = error
  }

  public init(json: JSONValue) throws(WireFault) {
    self.init(
      outcome: try json.required("outcome") { $0.string.flatMap { Outcome(rawValue: $0) } },
      prompt: try Prompt.member(of: json), session: try SessionSummary.member(of: json),
      error: json["error"].flatMap { RPCError.read($0) })
  }

  public var json: JSONValue {
    var object: JSONObject = ["outcome": .string(outcome.rawValue)]
    object.append("prompt", prompt?.json)
    object.append("session", session?.json)
    object.append("error", error?.json)
    return .object(object)
  }
}

extension RPCError {
  /// The refusal of an answer that does not fit its form: -32602, naming the field.
  public init(_ fault: AnswerFault) {
    self =
      switch fault {
      case .noSuchForm(let form):
        .invalidParams(
          parameter: "form", why: "the prompt has no form \(form), or nothing to answer in it")
      case .missing(let field):
        .invalidParams(parameter: "fields." + field, why: "is missing")
      case .unknown(let field):
        .invalidParams(parameter: "fields." + field, why: "is no field of the form")
      case .wrongType(let field, let expected):
        .invalidParams(parameter: "fields." + field, why: "must be " + expected.phrase)
      case .tooShort(let field, let minimum):
        .invalidParams(
          parameter: "fields." + field, why: "must have at least \(minimum) characters")
      case .tooLong(let field, let maximum):
        .invalidParams(
          parameter: "fields." + field, why: "must have at most \(maximum) characters")
      case .noSuchChoice(let field, let choices):
        .invalidParams(
          parameter: "fields." + field, why: "must be one of " + choices.joined(separator: ", "))
      case .invalid(let field, let why):
        .invalidParams(parameter: "fields." + field, why: why)
      }
  }
}

extension Field.Kind {
  /// In words that follow `must be`.
  fileprivate var phrase: String {
    switch self {
    case .string: "a string"
    case .boolean: "true or false"
    case .integer: "a whole number"
    case .choice: "the id of a choice, or an object with id and fields"
    }
  }
}
