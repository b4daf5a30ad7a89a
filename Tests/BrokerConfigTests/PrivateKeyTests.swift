// The key of a client that signs: read when the configuration is, with a fault that says why where
// it cannot sign.

import BrokerConfig
import OAuth
import Secrets
import Testing
import TokenBroker

@Suite("A client's own key")
struct PrivateKeyTests {
  static let pem = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgXVRs7O+IFGQ29tjM
    1kK4to5KbmvQRldfCZBXiUhVZb2hRANCAARdFxmC83D7e2nZIg3sd0DBbBINWimN
    BUY5awTtFZD4IRU7+pVl2QY/uLOSKiO/w3CzAtEFvqkyKnjdJrFPrhBz
    -----END PRIVATE KEY-----

    """

  private func faultsOfKey(_ text: String) throws -> [String] {
    let folder = try Folder()
    let path = try folder.file("key", text)
    return faults(profile("client_auth = \"private_key_jwt\"", "private_key = \"file:\(path)\""))
  }

  @Test("a PEM file is a key, and private_key_id names it to the issuer")
  func accepted() throws {
    let folder = try Folder()
    try folder.file("key", Self.pem)
    let read = try configuration(
      profile(
        "client_auth = \"private_key_jwt\"", "private_key = \"credential:key\"",
        "private_key_id = \"k7\""), credentials: folder.path)
    #expect(
      try read.profiles.map(\.clientAuthentication) == [
        .privateKeyJWT(PrivateKey(Secret(Self.pem), id: "k7"))
      ])
  }

  @Test("a secret of 32 bytes and more signs, a shorter one is a fault")
  func secret() throws {
    let folder = try Folder()
    let long = String(repeating: "s", count: 32)
    let path = try folder.file("secret", long)
    let text = profile("client_auth = \"client_secret_jwt\"", "client_secret = \"file:\(path)\"")
    #expect(
      try configuration(text).profiles.map(\.clientAuthentication) == [
        .clientSecretJWT(Secret(long))
      ])
    try folder.file("secret", String(long.dropLast()))
    #expect(
      faults(text) == [
        "remedy.toml:6: profile.demo.client_secret: the secret is too short for client_secret_jwt, "
          + "which needs 32 bytes; have the issuer make a longer one, "
          + "or write client_auth = \"client_secret_basic\""
      ])
  }

  @Test(
    "what cannot sign is a fault that says why, and shows nothing of it",
    arguments: [
      ("hunter2", "the key is neither PEM nor JWK, or is broken"),
      (
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nhunter2\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "the key is locked with a passphrase"
      ),
      (
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "there is only a public key or a certificate"
      ),
      (pem + pem, "there is more than one key"),
      (
        #"{"kty":"OKP","crv":"Ed25519","x":"hunter2","d":"hunter2"}"#,
        "the key is for the key type OKP, which is not supported"
      ),
      (
        #"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB","p":"Aw","q":"Aw"}"#,
        "the RSA key has 24 bits, not 2048 to 8192"
      ),
    ])
  func refused(text: String, words: String) throws {
    let found = try faultsOfKey(text)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("remedy.toml:6: profile.demo.private_key: \(words); ") == true)
    #expect(found.first?.contains("hunter2") == false)
  }

  @Test("a key that nothing uses, and a use without a key, are faults")
  func pairs() {
    #expect(
      faults(profile("private_key = \"credential:k\"", "private_key_id = \"k\"")) == [
        "remedy.toml:5: profile.demo.private_key: client_auth = \"none\" uses no private key; "
          + "write client_auth = \"private_key_jwt\", or leave private_key out",
        "remedy.toml:6: profile.demo.private_key_id: client_auth = \"none\" uses no private key; "
          + "write client_auth = \"private_key_jwt\", or leave private_key_id out",
      ])
    #expect(
      faults(profile("client_auth = \"private_key_jwt\"", "client_secret = \"credential:s\"")) == [
        "remedy.toml:1: profile.demo.private_key: is missing; "
          + "client_auth = \"private_key_jwt\" uses it; write private_key = \"credential:NAME\"",
        "remedy.toml:6: profile.demo.client_secret: "
          + "client_auth = \"private_key_jwt\" uses no secret; "
          + "write client_auth = \"client_secret_basic\", or leave client_secret out",
      ])
  }
}
