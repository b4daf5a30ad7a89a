// What a profile is made of: attributes of a few types, as a form asks for them.

/// An attribute of a person's profile, as a form asks for it.
public struct ProfileAttribute: Codable, Sendable, Equatable {
  /// What a value may be.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case text, select, boolean, integer, number
    /// One of few, with a hint of how to show them, as profile forms have it.
    case radio
    /// One of several numbers.
    case level
  }

  /// One value of a selection.
  public struct Choice: Codable, Sendable, Equatable {
    /// What is shown.
    public var label: String
    /// What is sent.
    public var value: String

    /// A choice.
    public init(_ label: String, _ value: String) {
      self.label = label
      self.value = value
    }
  }

  /// Its name in `userProfile`.
  public var name: String
  /// What it is called.
  public var label: String
  /// What a value may be.
  public var kind: Kind
  /// Whether it must be given.
  public var isRequired: Bool
  /// The least and the most characters of a text; of a number, the least and the most it may be.
  public var minLength: Int?
  /// The most characters that it may have.
  public var maxLength: Int?
  /// The values of a selection.
  public var choices: [Choice]

  /// An attribute.
  public init(
    _ name: String, label: String, _ kind: Kind = .text, isRequired: Bool = true,
    minLength: Int? = nil, maxLength: Int? = nil, choices: [Choice] = []
  ) {
    self.name = name
    self.label = label
    self.kind = kind
    self.isRequired = isRequired
    self.minLength = minLength
    self.maxLength = maxLength
    self.choices = choices
  }

  private enum CodingKeys: String, CodingKey {
    case name, label, kind, choices
    case isRequired = "required"
    case minLength = "min_length"
    case maxLength = "max_length"
  }

  /// Reads an attribute; only `name` is needed.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    let name = try file.decode(String.self, forKey: .name)
    self.name = name
    label = try file.value(.label, or: name)
    kind = try file.value(.kind, or: .text)
    isRequired = try file.value(.isRequired, or: true)
    minLength = try file.decodeIfPresent(Int.self, forKey: .minLength)
    maxLength = try file.decodeIfPresent(Int.self, forKey: .maxLength)
    choices = try file.value(.choices, or: [])
  }

  /// The three that every registration asks for.
  public static let standard: [ProfileAttribute] = [
    ProfileAttribute("firstName", label: "First name", minLength: 1, maxLength: 50),
    ProfileAttribute("lastName", label: "Last name", minLength: 1, maxLength: 50),
    ProfileAttribute("email", label: "Email"),
  ]
}
