// Opening the vault of a service whose key is a passphrase.

public import JSON
public import JSONRPC
public import Secrets

/// `vault.unlock`
public enum VaultUnlock: Method {
  public typealias Result = NoResult

  public static let name = "vault.unlock"
  public static let summary = "Opens the vault with its passphrase, where that is the vault's key"
  public static let details =
    "For the owner of the service only. The first passphrase of an empty state directory becomes "
    + "the vault's. A wrong one is access_denied, and each makes the next wait longer: "
    + "data.retry_after says how long. A vault that is open stays open, whatever is given."
  public static let reasons: [Reason] = [.accessDenied, .vaultUnavailable]

  /// What opens the vault.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription("passphrase", .text, "The vault's passphrase", required: true)
    ]

    /// As a person has typed it.
    public var passphrase: Secret

    /// Made of its parts.
    public init(passphrase: Secret) {
      self.passphrase = passphrase
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(passphrase: Secret(try params.text("passphrase")))
    }

    public var json: JSONObject { ["passphrase": .string(passphrase.exposedText())] }
  }
}
