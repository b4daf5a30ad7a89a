// What a new password must be like: told to the client in `settings`, and held to afterwards.

/// The rules for new passwords (§5.2 of the protocol).
public struct PasswordRules: Codable, Sendable, Equatable {
  /// The least number of characters.
  public var minLength = 8
  /// The least number of lower-case letters.
  public var minLowerCase = 1
  /// The least number of upper-case letters.
  public var minUpperCase = 1
  /// The least number of digits.
  public var minNumber = 1
  /// The least number of other characters.
  public var minSymbol = 0
  /// Whether parts of the user name are forbidden.
  public var excludesUsername = true

  /// The rules that a new organisation has.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case minLength = "min_length"
    case minLowerCase = "min_lower_case"
    case minUpperCase = "min_upper_case"
    case minNumber = "min_number"
    case minSymbol = "min_symbol"
    case excludesUsername = "exclude_username"
  }

  /// Reads rules; what is left out is as in a new organisation.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    let standard = PasswordRules()
    minLength = try file.value(.minLength, or: standard.minLength)
    minLowerCase = try file.value(.minLowerCase, or: standard.minLowerCase)
    minUpperCase = try file.value(.minUpperCase, or: standard.minUpperCase)
    minNumber = try file.value(.minNumber, or: standard.minNumber)
    minSymbol = try file.value(.minSymbol, or: standard.minSymbol)
    excludesUsername = try file.value(.excludesUsername, or: standard.excludesUsername)
  }

  /// The authenticator's `settings`, with the days that are left where it warns.
  func settings(daysToExpiry: Int? = nil) -> WireValue {
    var settings = WireObject([
      (
        "complexity",
        [
          "minLength": .integer(minLength), "minLowerCase": .integer(minLowerCase),
          "minUpperCase": .integer(minUpperCase), "minNumber": .integer(minNumber),
          "minSymbol": .integer(minSymbol), "excludeUsername": .bool(excludesUsername),
          "excludeAttributes": [],
        ]
      ), ("age", ["minAgeMinutes": 0, "historyCount": 0]),
    ])
    if let daysToExpiry { settings["daysToExpiry"] = .integer(daysToExpiry) }
    return .object(settings)
  }

  /// What is wrong with a password, or `nil`.
  func fault(in password: String, of identifier: String) -> Message? {
    let name = identifier.prefix { $0 != "@" }.lowercased()
    let isFine =
      password.count >= minLength && password.count(where: \.isLowercase) >= minLowerCase
      && password.count(where: \.isUppercase) >= minUpperCase
      && password.count(where: \.isNumber) >= minNumber
      && password.count(where: { !$0.isLetter && !$0.isNumber }) >= minSymbol
      && !(excludesUsername && name.count > 3 && password.lowercased().contains(name))
    return isFine ? nil : .passwordRequirementsNotMet(sentence)
  }

  private var sentence: String {
    var rules = ["at least \(minLength) characters"]
    if minLowerCase > 0 { rules.append("a lowercase letter") }
    if minUpperCase > 0 { rules.append("an uppercase letter") }
    if minNumber > 0 { rules.append("a number") }
    if minSymbol > 0 { rules.append("a symbol") }
    if excludesUsername { rules.append("no parts of your username") }
    return "Password requirements: " + rules.joined(separator: ", ") + "."
  }
}
