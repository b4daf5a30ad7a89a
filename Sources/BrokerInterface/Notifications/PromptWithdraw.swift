// A prompt is no longer open.

public import JSON
public import Prompts

/// `prompt.withdraw`
public struct PromptWithdraw: NotificationParams {
  /// Why it is no longer open.
  public enum Reason: String, Sendable, CaseIterable {
    /// Somebody else answered it.
    case answered
    /// The sign-in is done.
    case completed
    /// The sign-in has ended without tokens.
    case failed
    case cancelled
    case expired
  }

  public static let name = "prompt.withdraw"
  public static let summary = "A prompt is no longer open"
  public static let fields: [FieldDescription] = [
    FieldDescription("prompt", .text, "The prompt's id", required: true),
    FieldDescription(
      "reason", .word(Reason.allCases.map(\.rawValue)),
      "Why: answered by another, signed in, ended without tokens, cancelled, or run out",
      required: true),
    FieldDescription("message", .text, "What happened, in the broker's words"),
    FieldDescription(
      "messages", .list(.named(.message), atLeast: 0), "The engine's words at the end"),
  ]

  /// The one that is no longer open.
  public var prompt: PromptID
  /// Why it is not.
  public var reason: Reason
  /// What happened, in the broker's words.
  public var message: String?
  /// The engine's words at the end.
  public var messages: [Message]

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    prompt: PromptID, reason: Reason, message: String? = nil, messages: [Message] = []
  ) {
    self.prompt = prompt
    self.reason = reason
    self.message = message
    self.messages = messages
  }

  public init(json: JSONValue) throws(WireFault) {
    self.init(
      prompt: PromptID(rawValue: try json.required("prompt", \.string)),
      reason: try json.required("reason") { $0.string.flatMap { Reason(rawValue: $0) } },
      message: json["message"]?.string, messages: json.messages)
  }

  public var json: JSONObject {
    var object: JSONObject = [
      "prompt": .string(prompt.rawValue), "reason": .string(reason.rawValue),
    ]
    object.append("message", message.map { .string($0) })
    if !messages.isEmpty { object.append("messages", .array(messages.map(\.json))) }
    return object
  }
}
