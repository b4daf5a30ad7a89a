// What a phone scans to be enrolled, made into a QR code.
//
// A one-time code app (TOTP) gets a secret, which stands in the context: its address is built and
// encoded here, which needs no picture and gives the smallest code. Okta Verify gets a code that stands
// in a picture only: that is read and drawn again (`QRCode+Picture` says how).

internal import JSON
internal import Prompts
internal import QRCodes
internal import Secrets

/// The QR code of an enrolment.
struct EnrolmentCode {
  let prompt: Prompt

  private var context: JSONObject { prompt.content.context }

  /// The secret to type where nothing can be scanned, in base32.
  var secret: String? { context["shared_secret"]?.string }

  /// In groups of four, as one reads it aloud.
  var groupedSecret: TerminalText? {
    secret.map { secret in
      let letters = Array(secret.filter { $0 != " " })
      let groups = stride(from: 0, to: letters.count, by: 4).map {
        TerminalText(foreign: String(letters[$0..<min($0 + 4, letters.count)]))
      }
      return groups.joined(separator: " ")
    }
  }

  /// Whether there is something to scan.
  var isThere: Bool { secret != nil || context["qr_code"] != nil }

  /// `nil` where what there is makes no code.
  var code: QRCode? {
    if let address, let code = QRCode(text: address) { return code }
    guard let picture = context["qr_code"]?.string, picture.hasPrefix(Self.pictureStart) else {
      return nil
    }
    return Base64URL.decode(picture.utf8.dropFirst(Self.pictureStart.utf8.count)).flatMap {
      QRCode(png: $0)
    }
  }

  private static let pictureStart = "data:image/png;base64,"

  /// The address that authenticator apps understand (the key URI format of Google Authenticator),
  /// with the issuer's host and the user, as Okta's own has it.
  private var address: String? {
    guard let secret, let host = IssuerHost.name(of: prompt.issuer) else { return nil }
    let key = secret.filter { $0 != " " && $0 != "=" }.uppercased()
    let base32 = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    guard !key.isEmpty, key.allSatisfy({ base32.contains($0) }) else { return nil }
    let user = prompt.content.user?["identifier"]?.string ?? prompt.profile
    return "otpauth://totp/\(Self.encoded(host)):\(Self.encoded(user))?secret=\(key)"
      + "&issuer=\(Self.encoded(host))"
  }

  private static func encoded(_ text: String) -> String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    return text.utf8.map { byte in
      if plain.contains(byte) { return String(UnicodeScalar(byte)) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (digits.count == 1 ? "0" : "") + digits
    }.joined()
  }
}
