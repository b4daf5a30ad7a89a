// What an authenticator gives, from CTAP's encoding into that of Web Authentication: the authenticator
// data out of the byte string around it, and the attestation object with the names that the numbers 1
// to 3 stand for (CTAP 2 §6, Web Authentication Level 2 §6.5.4; RFC 8949).

/// Conversions of an authenticator's output.
public enum AuthenticatorOutput {
  /// The bytes of a CBOR byte string that is all there is; `nil` for anything else.
  public static func bytes(ofByteString string: [UInt8]) -> [UInt8]? {
    guard let first = string.first, first >> 5 == 2 else { return nil }
    let head: Int
    switch first & 0x1F {
    case 0..<24: head = 1
    case 24: head = 2
    case 25: head = 3
    case 26: head = 5
    default: return nil
    }
    guard string.count >= head else { return nil }
    let count =
      head == 1
      ? Int(first & 0x1F) : string[1..<head].reduce(0) { $0 << 8 | Int($1) }
    guard string.count - head == count else { return nil }
    return Array(string[head...])
  }

  /// The attestation object.
  ///
  /// - Parameters:
  ///   - format: the name of the statement's format.
  ///   - statement: the statement, a CBOR map as the authenticator gave it.
  ///   - data: the authenticator data, raw.
  public static func attestation(
    format: String, statement: [UInt8], data: [UInt8]
  ) -> [UInt8] {
    head(5, 3) + text("fmt") + text(format) + text("attStmt") + statement + text("authData")
      + head(2, data.count) + data
  }

  /// The attestation object that says nothing of who made the key: without a statement, and with zeros
  /// for the model's number (AAGUID), as Web Authentication Level 2 §5.1.3 has it.
  public static func anonymousAttestation(data: [UInt8]) -> [UInt8] {
    var data = data
    // The flag of attested credential data; its first 16 bytes are the number (§6.1, §6.5.1).
    if data.count >= 53, data[32] & 0x40 != 0 {
      data.replaceSubrange(37..<53, with: repeatElement(0, count: 16))
    }
    return attestation(format: "none", statement: head(5, 0), data: data)
  }

  private static func text(_ text: String) -> [UInt8] { head(3, text.utf8.count) + text.utf8 }

  /// The shortest head, as CTAP's canonical form wants it.
  private static func head(_ kind: UInt8, _ count: Int) -> [UInt8] {
    let kind = kind << 5
    switch count {
    case ..<24: return [kind | UInt8(truncatingIfNeeded: count)]
    case ..<0x100: return [kind | 24, UInt8(truncatingIfNeeded: count)]
    case ..<0x1_0000:
      return [kind | 25, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
    default:
      return [kind | 26] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
    }
  }
}
