// Becoming a prompter.

public import JSON
public import JSONRPC
public import Prompts

/// `prompt.attach`
public enum PromptAttach: Method {
  public static let name = "prompt.attach"
  public static let summary = "Makes this connection a prompter, and gives it what is open now"
  public static let details =
    "Later prompts come as the notifications prompt.show, prompt.update and prompt.withdraw. A "
    + "second call replaces the profiles and capabilities of the first."
  public static let reasons: [Reason] = [.accessDenied, .unknownProfile]

  /// What a prompter can do beside showing text and reading a line.
  public enum Capability: String, Sendable, CaseIterable {
    /// Open an address.
    case browser
    /// Talk to a WebAuthn authenticator.
    case webauthn
    /// Show a QR code.
    case qr
  }

  /// Whose prompts are wanted, and what this prompter can do.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription(
        "profiles", .list(.text, atLeast: 0),
        "The profiles whose prompts it wants; left out, all that it may see"),
      FieldDescription(
        "capabilities", .list(.word(Capability.allCases.map(\.rawValue)), atLeast: 0),
        "What it can do beside showing text and reading a line", standard: []),
    ]

    /// The profiles whose prompts are wanted; `nil`: all that may be seen.
    public var profiles: [String]?
    /// What it can do beside showing text and asking for some.
    public var capabilities: [Capability]

    /// Made of its parts; what is left out has the value that stands here.
    public init(profiles: [String]? = nil, capabilities: [Capability] = []) {
      self.profiles = profiles
      self.capabilities = capabilities
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(
        profiles: params.texts("profiles"),
        capabilities: (params.texts("capabilities") ?? []).compactMap { Capability(rawValue: $0) })
    }

    public var json: JSONObject {
      var object = JSONObject()
      object.append("profiles", profiles?.json)
      if !capabilities.isEmpty {
        object.append("capabilities", capabilities.map(\.rawValue).json)
      }
      return object
    }
  }

  /// What is open already.
  public struct Result: PlainResult, Equatable {
    public static let sentence = "The prompts that are open for this caller"
    public static let schema = Schema.object([
      FieldDescription(
        "prompts", .list(.named(.prompt), atLeast: 0), "The prompts", required: true)
    ])

    /// Later ones come as `prompt.show`.
    public var prompts: [Prompt]

    /// Made of its parts.
    public init(prompts: [Prompt]) {
      self.prompts = prompts
    }

    public init(json: JSONValue) throws(WireFault) {
      self.init(
        prompts: try json.list("prompts") { (json) throws(WireFault) in try Prompt(wire: json) })
    }

    public var json: JSONValue { ["prompts": .array(prompts.map(\.json))] }
  }
}

extension Prompt {
  /// Reads the wire form, with the fault of this target.
  init(wire json: JSONValue) throws(WireFault) {
    do {
      try self.init(json: json)
    } catch {
      switch error {
      case .malformed(let member): throw .malformed(member: member)
      }
    }
  }

  /// The `prompt` member of a result or notification, where there is one.
  static func member(of json: JSONValue) throws(WireFault) -> Prompt? {
    guard let prompt = json["prompt"], !prompt.isNull else { return nil }
    return try Prompt(wire: prompt)
  }
}
