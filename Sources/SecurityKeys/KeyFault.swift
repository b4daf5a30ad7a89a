// Why a security key gave nothing, as facts, and the one place where they become words.

/// Why there is no answer of a security key.
public enum KeyFault: Error, Sendable, Equatable {
  /// A member of the request is missing or makes no sense.
  case badRequest(String)
  /// The relying party is not the issuer's own host or a parent of it.
  case foreignParty
  /// No security key is plugged in, or none that this user may open.
  case noKey
  /// No key that is there has a credential that the issuer would take.
  case noCredential
  /// The key holds a credential of this account already.
  case alreadySetUp
  /// The issuer wants the owner verified, and the key has no PIN and no finger.
  case cannotVerify
  /// Three wrong PINs: the key has to be taken out and put in again.
  case mustReplug
  /// Too many wrong PINs: the key answers no more until it is reset.
  case pinBlocked
  /// Nobody touched it in time.
  case untouched
  /// Refused at the key.
  case denied
  /// The key went away.
  case pulledOut
  /// The key cannot do what is asked for.
  case unsupported
  /// The helper ended without a word, or said what nobody understands.
  case helperFailed
  /// The library's own number for anything else.
  case other(Int)

  /// The name on the wire.
  public var name: String {
    switch self {
    case .badRequest: "bad_request"
    case .foreignParty: "foreign_party"
    case .noKey: "no_key"
    case .noCredential: "no_credential"
    case .alreadySetUp: "already_set_up"
    case .cannotVerify: "cannot_verify"
    case .mustReplug: "must_replug"
    case .pinBlocked: "pin_blocked"
    case .untouched: "untouched"
    case .denied: "denied"
    case .pulledOut: "pulled_out"
    case .unsupported: "unsupported"
    case .helperFailed: "helper_failed"
    case .other: "other"
    }
  }

  /// What its name needs beside it.
  var detail: String? {
    switch self {
    case .badRequest(let member): member
    case .other(let number): String(number)
    default: nil
    }
  }

  /// `nil` where nobody knows the name.
  init?(name: String, detail: String?) {
    switch name {
    case "bad_request": self = .badRequest(detail ?? "")
    case "other": self = .other(detail.flatMap { Int($0) } ?? 0)
    default:
      let plain: [KeyFault] = [
        .foreignParty, .noKey, .noCredential, .alreadySetUp, .cannotVerify, .mustReplug,
        .pinBlocked, .untouched, .denied, .pulledOut, .unsupported,
        .helperFailed,
      ]
      guard let fault = plain.first(where: { $0.name == name }) else { return nil }
      self = fault
    }
  }

  /// The sentence for a person.
  public var words: String {
    switch self {
    case .badRequest(let member): "the request's \(member) is missing or makes no sense"
    case .foreignParty: "the issuer asks for a signature for somebody else's site"
    case .noKey: "no security key found"
    case .noCredential: "this security key is not set up for this account"
    case .alreadySetUp: "this security key is set up for this account already"
    case .cannotVerify: "the issuer wants a PIN, and this security key has none"
    case .mustReplug: "too many wrong PINs"
    case .pinBlocked: "the security key's PIN is blocked"
    case .untouched: "the security key was not touched in time"
    case .denied: "the security key refused"
    case .pulledOut: "the security key is gone"
    case .unsupported: "this security key cannot do what the issuer asks for"
    case .helperFailed: "the helper for security keys, remedy-fido2, has failed"
    case .other(let number): "the security key failed (libfido2 error \(number))"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .noKey:
      "plug it in and try again; where it is in, your user may not open it (udev rules of libfido2)"
    case .noCredential: "plug in another one, or choose another way"
    case .alreadySetUp: "plug in another one"
    case .cannotVerify: "set a PIN: fido2-token -S DEVICE"
    case .mustReplug: "take the key out, put it in again and try once more"
    case .pinBlocked: "only a reset helps, which deletes its credentials: choose another way"
    case .untouched, .pulledOut: "try again"
    case .badRequest, .foreignParty, .denied, .unsupported, .helperFailed, .other: nil
    }
  }
}
