// A poll changed what an open prompt shows.

public import JSON
public import Prompts

/// `prompt.update`
public struct PromptUpdate: NotificationParams {
  public static let name = "prompt.update"
  public static let summary = "A poll changed what an open prompt shows; its id is the same"
  public static let fields: [FieldDescription] = [
    FieldDescription("prompt", .named(.prompt), "What is asked now", required: true)
  ]

  /// The same one, as it is to be shown from now on.
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
