// No longer being a prompter.

/// `prompt.detach`
public enum PromptDetach: Method {
  public typealias Params = NoParams
  public typealias Result = NoResult

  public static let name = "prompt.detach"
  public static let summary = "Ends this connection's being a prompter"
  public static let details =
    "The prompts stay open and go to the next prompter. Hanging up does the same."
  public static let reasons: [Reason] = []
}
