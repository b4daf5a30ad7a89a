// The broker's conversation with an issuer, where what counts is how often it is asked, and by
// whose clock.

import Crypto
import Foundation
import HTTPTypes
import JSON
import OAuth
import Secrets
import Synchronization
import Testing

@testable import TokenBroker

/// A clock that the test turns.
final class HandClock: BrokerClock {
  private let time = Mutex(Duration.zero)
  static let start = Date(timeIntervalSince1970: 1_795_514_400)

  func now() -> Date { Self.start.addingTimeInterval(time.withLock { $0 } / .seconds(1)) }
  func uptime() -> Duration { time.withLock { $0 } }
  func advance(_ duration: Duration) { time.withLock { $0 += duration } }
  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> Alarm {
    Alarm {}
  }
}

/// An issuer that publishes metadata and one key.
final class PublishingIssuer: HTTPExchange {
  static let issuer = "https://acme.okta.com"
  let key = P256.Signing.PrivateKey()
  let clock: HandClock
  /// How far its clock is ahead, in seconds; what it says of keeping its keys; whether they can be
  /// had at all.
  let skew = Mutex(0.0)
  /// For how long its answers have lain in a cache, in seconds, where they have.
  let age = Mutex<String?>(nil)
  let cacheControl = Mutex("max-age=600")
  let isBroken = Mutex(false)
  private let asked = Mutex<[String: Int]>([:])

  init(_ clock: HandClock) { self.clock = clock }

  func count(_ path: String) -> Int { asked.withLock { $0[path] ?? 0 } }

  func send(
    _ request: HTTPRequest, body: [UInt8], caFile: String?, timeout: Duration
  ) async throws(ExchangeFault) -> ExchangeAnswer {
    let path = request.path ?? ""
    asked.withLock { $0[path, default: 0] += 1 }
    // Others get to run before the answer is there.
    await Task.yield()
    var headers = HTTPFields()
    headers[.date] = Self.date(
      clock.now().addingTimeInterval(skew.withLock { $0 }))
    headers[.age] = age.withLock { $0 }
    guard path.hasSuffix("/keys") else {
      return ExchangeAnswer(status: 200, headers: headers, body: JSONWriter.bytes(Self.metadata))
    }
    if isBroken.withLock({ $0 }) { throw .timedOut }
    headers[.cacheControl] = cacheControl.withLock { $0 }
    let point = key.publicKey.rawRepresentation
    let keys: JSONValue = [
      "keys": [
        [
          "kty": "EC", "crv": "P-256", "kid": "k1",
          "x": .string(Base64URL.encode(point.prefix(32))),
          "y": .string(Base64URL.encode(point.suffix(32))),
        ]
      ]
    ]
    return ExchangeAnswer(status: 200, headers: headers, body: JSONWriter.bytes(keys))
  }

  private static let metadata: JSONValue = [
    "issuer": .string(issuer), "token_endpoint": .string(issuer + "/oauth2/v1/token"),
    "jwks_uri": .string(issuer + "/oauth2/v1/keys"),
    "id_token_signing_alg_values_supported": ["ES256"],
  ]

  private static func date(_ date: Date) -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return format.string(from: date)
  }

  func token(kid: String = "k1", issuedAt: Date) throws -> Secret {
    let seconds = Int(issuedAt.timeIntervalSince1970)
    let header: JSONValue = ["alg": "ES256", "kid": .string(kid)]
    let claims: JSONValue = [
      "iss": .string(Self.issuer), "aud": "0oa1", "sub": "00u1", "nonce": "n",
      "iat": .int(seconds), "exp": .int(seconds + 3600),
    ]
    let signed =
      Base64URL.encode(JSONWriter.bytes(header)) + "." + Base64URL.encode(JSONWriter.bytes(claims))
    let signature = try key.signature(for: Data(signed.utf8)).rawRepresentation
    return Secret(signed + "." + Base64URL.encode(signature))
  }
}

@Suite("Asking an issuer")
struct IssuersTests {
  let clock: HandClock
  let issuer: PublishingIssuer
  let issuers: Issuers
  let profile = Profile(
    name: "demo", issuer: PublishingIssuer.issuer, clientID: "0oa1", scopes: ["openid"],
    redirectURI: "a:/b")

  init() {
    clock = HandClock()
    issuer = PublishingIssuer(clock)
    issuers = Issuers(exchange: issuer, clock: clock, userAgent: "test")
  }

  private func validate(kid: String = "k1", issuedAt: Date? = nil) async -> BrokerError? {
    do throws(BrokerError) {
      guard let token = try? issuer.token(kid: kid, issuedAt: issuedAt ?? clock.now()) else {
        return .issuerUnavailable("the test cannot sign")
      }
      _ = try await issuers.validate(
        token, profile, nonce: "n", accessToken: Secret("at"), subject: nil)
      return nil
    } catch {
      return error
    }
  }

  private var fetches: Int { issuer.count("/oauth2/v1/keys") }

  @Test("a thousand tokens with unknown keys are one fetch a minute, and each is refused for that")
  func unknownKeys() async {
    #expect(await validate() == nil)
    #expect(fetches == 1)
    clock.advance(.seconds(61))
    let refused = await withTaskGroup(of: BrokerError?.self) { group in
      for number in 0..<1000 { group.addTask { await validate(kid: "unknown-\(number)") } }
      var count = 0
      for await error in group {
        if case .tokenRejected(let why)? = error, why.contains("no fitting key") { count += 1 }
      }
      return count
    }
    #expect(refused == 1000)
    #expect(fetches == 2)
    clock.advance(.seconds(59))
    #expect(await validate(kid: "unknown") != nil)
    #expect(fetches == 2)
    clock.advance(.seconds(1))
    #expect(await validate(kid: "unknown") != nil)
    #expect(fetches == 3)
  }

  @Test("a fetch that fails counts too, and the keys that are held go on")
  func failedFetch() async {
    #expect(await validate() == nil)
    clock.advance(.seconds(61))
    issuer.isBroken.withLock { $0 = true }
    for _ in 0..<10 { #expect(await validate(kid: "unknown") != nil) }
    #expect(fetches == 2)
    #expect(await validate() == nil)
  }

  @Test("a fetch that fails counts too where there are no keys yet, and who needs them hears why")
  func failedFirstFetch() async {
    issuer.isBroken.withLock { $0 = true }
    for _ in 0..<10 {
      guard case .issuerUnavailable(let why)? = await validate() else {
        Issue.record("validated without keys")
        return
      }
      #expect(why.contains("no answer in time"))
    }
    #expect(fetches == 1)
    issuer.isBroken.withLock { $0 = false }
    clock.advance(.seconds(59))
    guard case .issuerUnavailable(let why)? = await validate() else {
      Issue.record("asked within the minute")
      return
    }
    #expect(why.contains("again in 1 s"))
    clock.advance(.seconds(1))
    #expect(await validate() == nil)
    #expect(fetches == 2)
  }

  @Test("keys are kept as long as the issuer says")
  func lifetime() async {
    #expect(await validate() == nil)
    clock.advance(.seconds(599))
    #expect(await validate() == nil)
    #expect(fetches == 1)
    issuer.cacheControl.withLock { $0 = "no-store" }
    clock.advance(.seconds(1))
    #expect(await validate() == nil)
    #expect(fetches == 2)
    clock.advance(.seconds(60))
    #expect(await validate() == nil)
    #expect(fetches == 3)
  }

  @Test("a hundred who need keys at once are one fetch")
  func singleFlight() async {
    #expect(await validate(kid: "unknown") != nil)
    clock.advance(.seconds(3600 * 25))
    let before = fetches
    await withTaskGroup(of: BrokerError?.self) { group in
      for _ in 0..<100 { group.addTask { await validate() } }
      for await error in group { #expect(error == nil) }
    }
    #expect(fetches == before + 1)
  }

  @Test("a token's times are read by the issuer's clock, ten minutes off at most")
  func skew() async {
    issuer.skew.withLock { $0 = 540 }
    #expect(await validate(issuedAt: clock.now().addingTimeInterval(540)) == nil)
    #expect(await validate(issuedAt: clock.now()) != nil)
    issuer.skew.withLock { $0 = 5000 }
    clock.advance(.seconds(3700))
    // What it shows is believed to 600 seconds, and the token may be 300 from there.
    #expect(await validate(issuedAt: clock.now().addingTimeInterval(600)) == nil)
    #expect(await validate(issuedAt: clock.now().addingTimeInterval(899)) == nil)
    #expect(await validate(issuedAt: clock.now().addingTimeInterval(901)) != nil)
  }

  @Test("an answer out of a cache says nothing of the issuer's clock")
  func cachedDate() async {
    issuer.skew.withLock { $0 = -540 }
    issuer.age.withLock { $0 = "540" }
    #expect(await validate(issuedAt: clock.now()) == nil)
    #expect(await validate(issuedAt: clock.now().addingTimeInterval(-540)) != nil)
  }
}
