// The built helper and the real libfido2 with keys that speak CTAP over HID at a terminal device: all
// but the kernel's list of devices is what happens with a key of metal.

import Crypto
import Foundation
import JSON
import SecurityKeys
import TestSupport
import Testing

@Suite(
  "The helper for security keys",
  .enabled(if: KeyHelper.isBuilt, "libfido2 was not there when this was built"))
struct KeyHelperTests {
  private static let party = "acme.example"
  private static let origin = "https://acme.example"
  private static let ann = "YW5uLXNlY3VyaXR5LWtleQ"

  private func challenge(
    _ verification: String = "discouraged", allowed: [String] = [ann], party: String = party,
    olderParty: String? = nil
  ) -> JSONValue {
    var data: JSONObject = [
      "challenge": "X6GLEsXcstcsD2SrTGPSgeIrxINFGSxY", "userVerification": .string(verification),
    ]
    data.append("extensions", olderParty.map { ["appid": .string($0)] })
    return [
      "challengeData": .object(data), "rpId": .string(party), "origin": .string(Self.origin),
      "allowCredentials": .array(allowed.map { ["type": "public-key", "id": .string($0)] }),
    ]
  }

  private func activation(
    _ verification: String = "discouraged", attestation: String = "direct",
    excluded: [String] = [], requiresResident: Bool = false
  ) -> JSONValue {
    [
      "activationData": [
        "rp": ["name": "Acme"], "challenge": "YAS4Fj0L-HRueJP3Z0uRkSRIdikfmnno",
        "user": ["id": "00uflku0io38ODGrP0w6", "name": "ann", "displayName": "Ann"],
        "pubKeyCredParams": [
          ["type": "public-key", "alg": -257], ["type": "public-key", "alg": -7],
        ],
        "attestation": .string(attestation),
        "authenticatorSelection": [
          "userVerification": .string(verification),
          "requireResidentKey": .bool(requiresResident),
        ],
        "excludeCredentials": .array(
          excluded.map { ["type": "public-key", "id": .string($0)] }),
        "extensions": ["credProps": true],
      ],
      "rpId": .string(Self.party), "origin": .string(Self.origin),
    ]
  }

  private func bytes(_ fields: JSONObject, _ name: String) throws -> Data {
    try #require(fields[name]?.string.flatMap { Data(base64Encoded: $0) })
  }

  /// Whether the values are a signature of that key over what was asked for.
  private func check(
    _ fields: JSONObject, by credential: VirtualAuthenticator.Credential, party: String = party,
    flags: UInt8
  ) throws {
    let client = try bytes(fields, "clientData")
    let data = try bytes(fields, "authenticatorData")
    #expect(
      String(decoding: client, as: UTF8.self)
        == #"{"type":"webauthn.get","challenge":"X6GLEsXcstcsD2SrTGPSgeIrxINFGSxY","#
        + #""origin":"https://acme.example","crossOrigin":false}"#)
    #expect(data.count == 37)
    #expect(data.prefix(32).elementsEqual(SHA256.hash(data: Data(party.utf8))))
    #expect(data[32] == flags)
    let signature = try P256.Signing.ECDSASignature(
      derRepresentation: bytes(fields, "signatureData"))
    #expect(
      credential.key.publicKey.isValidSignature(
        signature, for: data + Data(SHA256.hash(data: client))))
  }

  // MARK: Signing

  @Test("asks for a touch, and gives what the key signed in the engine's encodings")
  func signs() throws {
    let ann = try VirtualAuthenticator.Credential.ann(party: Self.party)
    let key = try VirtualKey([ann])
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(challenge()))
    #expect(try helper.report() == .touch(device: ""))
    let fields = try helper.fields()
    try check(fields, by: ann, flags: 1)
    #expect(fields["userHandle"] == nil)
    #expect(try helper.exitStatus() == 0)
  }

  @Test("asks for the PIN where the issuer wants the owner, again where it is wrong or unfit")
  func pin() throws {
    let ann = try VirtualAuthenticator.Credential.ann(party: Self.party)
    let key = try VirtualKey([ann], pin: "1234")
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(challenge("required")))
    #expect(try helper.report() == .pin(tries: 8, trouble: nil))
    helper.tell(.pin("123"))
    #expect(try helper.report() == .pin(tries: 8, trouble: .unfit))
    helper.tell(.pin("4321"))
    #expect(try helper.report() == .touch(device: ""))
    #expect(try helper.report() == .pin(tries: 7, trouble: .wrong))
    helper.tell(.pin("1234"))
    try check(helper.fields(), by: ann, flags: 5)
  }

  @Test(
    "asks for the PIN where the issuer would like it and the key has one", arguments: [true, false])
  func preferred(hasPIN: Bool) throws {
    let ann = try VirtualAuthenticator.Credential.ann(party: Self.party)
    let key = try VirtualKey([ann], pin: hasPIN ? "päss" : nil)
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(challenge("preferred")))
    if hasPIN {
      #expect(try helper.report() == .pin(tries: 8, trouble: nil))
      helper.tell(.pin("päss"))
    }
    try check(helper.fields(), by: ann, flags: hasPIN ? 5 : 1)
  }

  @Test("gives up after three wrong PINs, as the key does")
  func wrongPINs() throws {
    let key = try VirtualKey([.ann(party: Self.party)], pin: "1234")
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(challenge("required")))
    for _ in 0..<3 { helper.tell(.pin("4321")) }
    #expect(try helper.last() == .failure(.mustReplug))
    #expect(try helper.exitStatus() == 1)
  }

  @Test("says that a key without a PIN cannot do what the issuer wants")
  func noPIN() throws {
    let key = try VirtualKey([.ann(party: Self.party)])
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(challenge("required")))
    #expect(try helper.last() == .failure(.cannotVerify))
  }

  @Test("says that nobody touched the key, and that it was taken out")
  func untouched() throws {
    for (touch, fault) in [
      (VirtualKey.Touch.ignored, KeyFault.untouched), (.pulledOut, .pulledOut),
    ] {
      let key = try VirtualKey([.ann(party: Self.party)], touch: touch)
      defer { key.remove() }
      let helper = try KeyHelper([key])
      helper.tell(.request(challenge()))
      #expect(try helper.report() == .touch(device: ""))
      #expect(try helper.last() == .failure(fault))
      #expect(try helper.exitStatus() == 1)
    }
  }

  @Test("says without a touch that the key is not set up for this account")
  func noCredential() throws {
    let key = try VirtualKey([.ann(party: "other.example")])
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(challenge()))
    #expect(try helper.report() == .failure(.noCredential))
    #expect(try helper.exitStatus() == 1)
  }

  @Test("takes the key that has a credential, wherever it is plugged in")
  func twoKeys() throws {
    let ann = try VirtualAuthenticator.Credential.ann(party: Self.party)
    let keys = [try VirtualKey(), try VirtualKey([ann])]
    defer { for key in keys { key.remove() } }
    let helper = try KeyHelper(keys)
    helper.tell(.request(challenge()))
    try check(helper.fields(), by: ann, flags: 1)
  }

  @Test("tries older registrations under the address that they were made for")
  func olderRegistration() throws {
    let address = "https://acme.example/app-id.json"
    let ann = try VirtualAuthenticator.Credential.ann(party: address)
    let key = try VirtualKey([ann])
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(challenge(olderParty: address)))
    try check(helper.fields(), by: ann, party: address, flags: 1)
  }

  @Test("tries the parent of the issuer's host where the issuer names no party, and only there")
  func parentParty() throws {
    let ann = try VirtualAuthenticator.Credential.ann(party: Self.party)
    let key = try VirtualKey([ann])
    defer { key.remove() }
    func request(_ named: String?) -> JSONValue {
      var data: JSONObject = ["challenge": "X6GLEsXcstcsD2SrTGPSgeIrxINFGSxY"]
      data.append("rpId", named.map { .string($0) })
      return [
        "challengeData": .object(data), "rpId": "login.acme.example",
        "origin": "https://login.acme.example",
        "allowCredentials": [["type": "public-key", "id": .string(Self.ann)]],
      ]
    }
    let helper = try KeyHelper([key])
    helper.tell(.request(request(nil)))
    let fields = try helper.fields()
    let hash = Array(SHA256.hash(data: Data(Self.party.utf8)))
    #expect(try bytes(fields, "authenticatorData").starts(with: hash))
    let other = try KeyHelper([key])
    other.tell(.request(request("login.acme.example")))
    #expect(try other.last() == .failure(.noCredential))
  }

  @Test("lets the key find a passkey by itself, and says whose it is")
  func discoverable() throws {
    let ann = try VirtualAuthenticator.Credential.ann(
      party: Self.party, user: Array("ann".utf8))
    let key = try VirtualKey([ann])
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(challenge(allowed: [])))
    let fields = try helper.fields()
    try check(fields, by: ann, flags: 1)
    #expect(fields["userHandle"]?.string == KeyRequest.handle(of: Array("ann".utf8)))
  }

  // MARK: Making

  @Test("makes a credential, and gives the attestation object as the engine reads it")
  func makes() throws {
    let key = try VirtualKey(pin: "1234")
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(activation(requiresResident: true)))
    // A key of version 2.0 with a PIN makes nothing without it, whatever the issuer wants.
    #expect(try helper.report() == .touch(device: ""))
    #expect(try helper.report() == .pin(tries: 8, trouble: nil))
    helper.tell(.pin("1234"))
    let fields = try helper.fields()
    let made = try #require(key.credentials.first)
    #expect(made.user == Array(Data(base64Encoded: "00uflku0io38ODGrP0w6") ?? Data()))
    #expect(made.isResident && made.party == Self.party)
    let client = try bytes(fields, "clientData")
    #expect(client.starts(with: #"{"type":"webauthn.create","challenge":"YAS4Fj0L-HR"#.utf8))
    let object = try #require(ConciseBinary(Array(bytes(fields, "attestation"))))
    #expect(object["fmt"]?.string == "packed")
    let data = try #require(object["authData"]?.octets)
    #expect(data[32] == 0x45)
    #expect(Array(data[55..<79]) == made.identifier)
    let signature = try P256.Signing.ECDSASignature(
      derRepresentation: try #require(object["attStmt"]?["sig"]?.octets))
    #expect(
      made.key.publicKey.isValidSignature(
        signature, for: Data(data) + Data(SHA256.hash(data: client))))
    #expect(fields["transports"]?.string == #"["usb"]"#)
    #expect(fields["clientExtensions"]?.string == #"{"credProps":{"rk":true}}"#)
  }

  @Test("does not say who made the key to an issuer that does not ask")
  func anonymous() throws {
    let key = try VirtualKey()
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(activation(attestation: "none")))
    let object = try #require(ConciseBinary(Array(bytes(helper.fields(), "attestation"))))
    #expect(object["fmt"]?.string == "none")
    #expect(object["attStmt"] == .map([]))
  }

  @Test("says that the key is set up already")
  func excluded() throws {
    let key = try VirtualKey([.ann(party: Self.party)])
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(activation(excluded: [Self.ann])))
    #expect(try helper.last() == .failure(.alreadySetUp))
    #expect(key.credentials.count == 1)
  }

  // MARK: No key, nobody who hears

  @Test("where there is no security key says so, with a hint")
  func noKey() throws {
    let helper = try KeyHelper([], arguments: ["--device", "/dev/null"])
    helper.tell(.request(challenge()))
    #expect(try helper.report() == .failure(.noKey))
    #expect(KeyFault.noKey.words == "no security key found" && KeyFault.noKey.hint != nil)
    #expect(try helper.exitStatus() == 1)
  }

  @Test(
    "looks for keys by itself, and finds none where the kernel has no such device",
    .enabled(if: !FileManager.default.fileExists(atPath: "/dev/hidraw0"), "there are devices here"))
  func enumerates() throws {
    let helper = try KeyHelper([])
    helper.tell(.request(challenge()))
    #expect(try helper.report() == .failure(.noKey))
  }

  @Test("ends when nobody hears it any more, and has the key stop blinking")
  func hangUp() throws {
    let key = try VirtualKey([.ann(party: Self.party)], touch: .awaited)
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(challenge()))
    #expect(try helper.report() == .touch(device: ""))
    #expect(key.wait(for: .blinks))
    try helper.hangUp()
    #expect(try helper.exitStatus() == 1)
    #expect(key.wait(for: .cancelled))
  }

  @Test("has each of several keys stop blinking that waited for the touch that chooses one")
  func hangUpOnSeveral() throws {
    let keys = try (0..<2).map { _ in try VirtualKey(touch: .awaited) }
    defer { for key in keys { key.remove() } }
    let helper = try KeyHelper(keys)
    helper.tell(.request(activation()))
    #expect(try helper.report() == .touch(device: ""))
    for key in keys { #expect(key.wait(for: .blinks)) }
    try helper.hangUp()
    #expect(try helper.exitStatus() == 1)
    for key in keys { #expect(key.wait(for: .cancelled)) }
  }

  @Test("ends when nobody hears it, before a request and while it waits for a PIN")
  func hangUpEarly() throws {
    let idle = try KeyHelper([])
    try idle.hangUp()
    #expect(try idle.exitStatus() == 1)
    let key = try VirtualKey([.ann(party: Self.party)], pin: "1234")
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(.request(challenge("required")))
    #expect(try helper.report() == .pin(tries: 8, trouble: nil))
    try helper.hangUp()
    #expect(try helper.exitStatus() == 1)
  }

  @Test(
    "refuses what is no request, and one for somebody else's site, before any key hears of it",
    arguments: [
      ("nonsense", KeyFault.badRequest("origin")), (#"{"pin":"1234"}"#, .badRequest("webauthn")),
      (
        #"{"webauthn":{"challengeData":{"challenge":"AAAA"},"rpId":"bank.example","#
          + #""origin":"https://acme.example"}}"#, .foreignParty
      ),
    ])
  func refuses(line: String, fault: KeyFault) throws {
    let key = try VirtualKey([.ann(party: "bank.example")])
    defer { key.remove() }
    let helper = try KeyHelper([key])
    helper.tell(line)
    #expect(try helper.report() == .failure(fault))
    #expect(try helper.exitStatus() == 2)
    #expect(!key.wasAsked)
  }
}
