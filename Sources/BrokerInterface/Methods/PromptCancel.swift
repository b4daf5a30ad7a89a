// Giving up a sign-in.

public import JSON
public import JSONRPC
public import Prompts

/// `prompt.cancel`
public enum PromptCancel: Method {
  public typealias Result = NoResult

  public static let name = "prompt.cancel"
  public static let summary = "Cancels the prompt's transaction, at the issuer too"
  public static let details =
    "Whoever waits for the session gets transaction_cancelled; for 30 seconds after, token.get "
    + "gets interaction_required rather than raise the next prompt."
  public static let reasons: [Reason] = [.promptStale, .issuerUnavailable, .rateLimited, .timeout]

  /// What is called off.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription("prompt", .text, "The prompt's id", required: true),
      FieldDescription(
        "timeout", .number(.timeout), "How long the call may take", unit: "seconds", standard: 30),
    ]

    /// The prompt, by its id: its whole sign-in ends.
    public var prompt: PromptID
    /// In seconds.
    public var timeout: Double

    /// Made of its parts; what is left out has the value that stands here.
    public init(prompt: PromptID, timeout: Double = 30) {
      self.prompt = prompt
      self.timeout = timeout
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(
        prompt: PromptID(rawValue: try params.text("prompt")),
        timeout: params.number("timeout") ?? 30)
    }

    public var json: JSONObject {
      var object: JSONObject = ["prompt": .string(prompt.rawValue)]
      if timeout != 30 { object.append("timeout", .double(timeout)) }
      return object
    }
  }
}
