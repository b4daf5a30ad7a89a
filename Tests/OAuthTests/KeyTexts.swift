// Private keys as files have them: what `openssl` and an issuer's console give. None is of use.

import Crypto
import CryptoExtras
import Foundation
import JSON
import Secrets

enum KeyTexts {
  /// `openssl ecparam -name prime256v1 -genkey`: SEC 1, after its parameters.
  static let sec1 = """
    -----BEGIN EC PARAMETERS-----
    BggqhkjOPQMBBw==
    -----END EC PARAMETERS-----
    -----BEGIN EC PRIVATE KEY-----
    MHcCAQEEIGFNhpuJjRHKbS8qxWmdXxh9hI1GMH7m9S1+M8TS+SntoAoGCCqGSM49
    AwEHoUQDQgAEymfcKPk+/hzS1g6n8adDnSbAeHgUsatlu5RgvhHF9Ef/TrZlf5X7
    ZJgffZr4qfCjTBkxozHWS8KHi+BZAbLCOA==
    -----END EC PRIVATE KEY-----
    """

  /// The public half of `sec1`.
  static let sec1Public = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEymfcKPk+/hzS1g6n8adDnSbAeHgU
    satlu5RgvhHF9Ef/TrZlf5X7ZJgffZr4qfCjTBkxozHWS8KHi+BZAbLCOA==
    -----END PUBLIC KEY-----
    """

  /// Its coordinates.
  static let x = "ymfcKPk-_hzS1g6n8adDnSbAeHgUsatlu5RgvhHF9Ec"
  static let y = "_062ZX-V-2SYH32a-Knwo0wZMaMx1kvCh4vgWQGywjg"
  static let d = "YU2Gm4mNEcptLyrFaZ1fGH2EjUYwfub1LX4zxNL5Ke0"

  static let p384 = """
    -----BEGIN PRIVATE KEY-----
    MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDBWWTYfl+McE0TgwGH
    Re6wA1hw+9sxQzvpBw3ex/uOG2gPiQHnQHIQykrqh83L3N2hZANiAASIxI2bHK8w
    pAi7JOmYfZJrafHyfti0Pgfqz2Wau2LwKoS421hbHk/LxE/KX4ogM1ywxcIDTgsE
    rxQX8a7kpxdXvju1EMsg0TJ+7ZoLaV/SmYSHI/YKcJo4sCY6sbyz3A4=
    -----END PRIVATE KEY-----
    """

  static let ed25519 = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIMEpVaUGpKt7/kfdEy28IZtJe+Een8qDww7DKx+xL49x
    -----END PRIVATE KEY-----
    """

  static func jwk(_ changes: [String: JSONValue?] = [:]) -> String {
    var object: JSONObject = [
      "kty": "EC", "crv": "P-256", "kid": "from-jwk", "x": .string(x), "y": .string(y),
      "d": .string(d),
    ]
    for (name, value) in changes { object[name] = value }
    return JSONWriter.text(.object(object))
  }

  /// An RSA key as a JWK with its primes.
  static func jwk(_ key: _RSA.Signing.PrivateKey, _ changes: [String: JSONValue?] = [:]) -> String {
    let numbers = integers(Array(key.derRepresentation))
    let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"]
    var object: JSONObject = ["kty": "RSA", "use": "sig", "alg": "RS256", "kid": "rsa-jwk"]
    for (name, number) in zip(names, numbers.dropFirst()) {
      object[name] = .string(Base64URL.encode(number))
    }
    for (name, value) in changes { object[name] = value }
    return JSONWriter.text(.object(object))
  }

  /// The integers in a DER sequence of them (PKCS#1), without leading zeros.
  private static func integers(_ der: [UInt8]) -> [[UInt8]] {
    var offset = 0
    func length() -> Int {
      let first = Int(der[offset + 1])
      offset += 2
      guard first >= 0x80 else { return first }
      let count = first & 0x7F
      let value = der[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) }
      offset += count
      return value
    }
    _ = length()
    var numbers: [[UInt8]] = []
    while offset < der.count {
      let count = length()
      numbers.append(Array(der[offset..<offset + count].drop { $0 == 0 }))
      offset += count
    }
    return numbers
  }
}
