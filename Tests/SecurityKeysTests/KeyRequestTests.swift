// What of an issuer's wish reaches a security key: nothing that a browser would refuse.

import JSON
import SecurityKeys
import Testing

@Suite("A request to a security key")
struct KeyRequestTests {
  private static let challenge = """
    {"challengeData": {"challenge": "X6GLEsXcstcsD2SrTGPSgeIrxINFGSxY",
      "userVerification": "required", "extensions": {"appid": "https://acme.okta.example"}},
     "rpId": "acme.okta.example", "origin": "https://acme.okta.example",
     "allowCredentials": [{"type": "public-key", "id": "YW5uLWtleQ"}]}
    """
  private static let activation = """
    {"activationData": {"rp": {"name": "acme"}, "challenge": "YAS4Fj0L-HRueJP3Z0uRkSRIdikfmnno",
      "user": {"id": "00uflku0io38ODGrP0w6", "name": "jane@example.com", "displayName": "Jane Doe"},
      "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
      "attestation": "direct", "authenticatorSelection": {"userVerification": "discouraged",
      "requireResidentKey": false}, "u2fParams": {"appid": "https://acme.okta.example"},
      "excludeCredentials": [{"type": "public-key", "id": "a2V5"}], "extensions": {"credProps": true}},
     "rpId": "acme.okta.example", "origin": "https://acme.okta.example"}
    """

  private func fault(_ text: String) throws -> KeyFault? {
    let context = try JSONBytes.value(text)
    do throws(KeyFault) {
      _ = try KeyRequest(context: context)
      return nil
    } catch {
      return error
    }
  }

  @Test("to sign has its credentials, its challenge and how much of the owner is wanted")
  func signing() throws {
    let request = try KeyRequest(context: JSONBytes.value(Self.challenge))
    #expect(request.purpose == .assert(allowed: [Array("ann-key".utf8)]))
    #expect(request.verification == .required)
    #expect(request.party == "acme.okta.example")
    #expect(request.olderParty == "https://acme.okta.example")
    #expect(
      String(decoding: request.clientData, as: UTF8.self)
        == #"{"type":"webauthn.get","challenge":"X6GLEsXcstcsD2SrTGPSgeIrxINFGSxY","#
        + #""origin":"https://acme.okta.example","crossOrigin":false}"#)
  }

  @Test("to make a credential has what it is made for, and the user's id as a browser reads it")
  func making() throws {
    let request = try KeyRequest(context: JSONBytes.value(Self.activation))
    guard case .create(let creation) = request.purpose else {
      Issue.record("no creation")
      return
    }
    #expect(creation.partyName == "acme")
    #expect(creation.user.count == 15)
    #expect(KeyRequest.handle(of: creation.user) == "00uflku0io38ODGrP0w6")
    #expect(creation.algorithms == [-7, -257])
    #expect(creation.excluded == [Array("key".utf8)])
    #expect(creation.residentKey == .discouraged)
    #expect(creation.wantsAttestation && creation.wantsProperties)
    #expect(request.verification == .discouraged)
    #expect(
      String(decoding: request.clientData, as: UTF8.self)
        .hasPrefix(#"{"type":"webauthn.create","challenge":"YAS4Fj0L-HRueJP3Z0uRkSRIdikfmnno","#))
  }

  @Test("a user's id that other programs registered letter by letter comes back as it was")
  func userHandles() {
    #expect(KeyRequest.handle(of: Array("00uflku0io38ODGrP0w6".utf8)) == "00uflku0io38ODGrP0w6")
    #expect(KeyRequest.handle(of: [0xFB, 0xEF, 0xFF]) == "--__")
  }

  @Test("without a list is for whatever the key itself finds")
  func discoverable() throws {
    let request = try KeyRequest(
      context: JSONBytes.value(
        #"{"challengeData":{"challenge":"AAAA"},"rpId":"a.example","origin":"https://a.example"}"#))
    #expect(request.purpose == .assert(allowed: []))
    #expect(request.verification == .preferred)
    #expect(request.olderParty == nil)
  }

  @Test(
    "for the issuer's host, or a parent of it, is let through",
    arguments: [
      ("https://acme.okta.example", "acme.okta.example"),
      ("https://acme.okta.example", "okta.example"),
      ("https://acme.okta.example:8443", "acme.okta.example"),
      ("https://127.0.0.1:8080", "127.0.0.1"),
      ("http://127.0.0.1:8080", "127.0.0.1"), ("https://localhost:1", "localhost"),
      ("https://[::1]:8443", "[::1]"), ("https://ACME.example", "acme.example"),
    ])
  func ownParty(origin: String, party: String) throws {
    #expect(
      try fault(
        #"{"challengeData":{"challenge":"AAAA"},"rpId":"\#(party)","origin":"\#(origin)"}"#) == nil)
  }

  @Test(
    "for anybody else is refused before a key hears of it",
    arguments: [
      ("https://acme.okta.example", "bank.example"), ("https://acme.okta.example", "example"),
      ("https://acme.okta.example", "cme.okta.example"),
      ("https://acme.okta.example", ".okta.example"),
      ("https://acme.okta.example", "okta.example."),
      ("https://acme.okta.example", "x.acme.okta.example"),
      ("https://127.0.0.1", "0.0.1"), ("https://[::1]", "1]"), ("https://localhost", "host"),
    ])
  func foreignParty(origin: String, party: String) throws {
    #expect(
      try fault(
        #"{"challengeData":{"challenge":"AAAA"},"rpId":"\#(party)","origin":"\#(origin)"}"#)
        == .foreignParty)
  }

  @Test(
    "from what is no origin is refused",
    arguments: [
      "http://acme.example", "acme.example", "https://", "https://a b", "https://a.example/x",
      "https://a.example:0", "https://a.example:x", "https://ann@a.example", "ftp://a.example",
      "https://a.example?", "null",
    ])
  func noOrigin(origin: String) throws {
    #expect(
      try fault(
        #"{"challengeData":{"challenge":"AAAA"},"rpId":"a.example","origin":"\#(origin)"}"#)
        == .badRequest("origin"))
  }

  @Test(
    "with a member that makes no sense is refused, naming it",
    arguments: [
      (#"{}"#, "origin"), (#"null"#, "origin"), (#"{"origin":"https://a.b"}"#, "rpId"),
      (#"{"origin":"https://a.b","rpId":""}"#, "rpId"),
      (#"{"origin":"https://a.b","rpId":"a.b"}"#, "challengeData"),
      (#"{"origin":"https://a.b","rpId":"a.b","challengeData":[]}"#, "challengeData"),
      (#"{"origin":"https://a.b","rpId":"a.b","challengeData":{}}"#, "challenge"),
      (#"{"origin":"https://a.b","rpId":"a.b","challengeData":{"challenge":"?"}}"#, "challenge"),
      (#"{"origin":"https://a.b","rpId":"a.b","challengeData":{"challenge":""}}"#, "challenge"),
      (
        #"{"origin":"https://a.b","rpId":"a.b","challengeData":{"challenge":"AA"},"#
          + #""allowCredentials":[{"id":"!"}]}"#, "allowCredentials"
      ),
      (
        #"{"origin":"https://a.b","rpId":"a.b","challengeData":{"challenge":"AA"},"#
          + #""allowCredentials":"all"}"#, "allowCredentials"
      ),
      (#"{"origin":"https://a.b","rpId":"a.b","activationData":{"challenge":"AA"}}"#, "user"),
      (
        #"{"origin":"https://a.b","rpId":"a.b","activationData":{"challenge":"AA","#
          + #""user":{"id":""}}}"#, "user"
      ),
    ])
  func nonsense(text: String, member: String) throws {
    #expect(try fault(text) == .badRequest(member))
  }

  @Test("an older registration's address counts where this origin may use it, and nowhere else")
  func olderAddresses() throws {
    for (address, isTaken) in [
      ("https://acme.okta.example/app-id.json", true), ("https://okta.example", true),
      ("https://bank.example", false), ("http://acme.okta.example", false), ("acme", false),
    ] {
      let text = Self.challenge.replacing(
        #""appid": "https://acme.okta.example""#, with: #""appid": "\#(address)""#)
      let request = try KeyRequest(context: JSONBytes.value(text))
      #expect(request.olderParty == (isTaken ? address : nil))
    }
  }
}
