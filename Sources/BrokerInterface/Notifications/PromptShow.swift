// A person is asked.

public import JSON
public import Prompts

/// `prompt.show`
public struct PromptShow: NotificationParams {
  public static let name = "prompt.show"
  public static let summary = "A prompt has opened that this prompter may answer"
  public static let fields: [FieldDescription] = [
    FieldDescription("prompt", .named(.prompt), "What is asked", required: true)
  ]

  /// What is asked.
  public var prompt: Prompt

  /// Made of its parts.
  public init(prompt: Prompt) {
    self.prompt = prompt
  }

  public init(json: JSONValue) throws(WireFault) {
    guard let prompt = try Prompt.member(of: json) else { throw .malformed(member: "prompt") }
    self.init(prompt: prompt)
  }

  public var json: JSONObject { ["prompt": prompt.json] }
}
