// One scripted exchange of the corpus: which request got which answer, in order.

import Foundation
import JSON
import TestSupport

/// A sequence as its file has it.
struct Recording: Sendable {
  struct Step: Sendable {
    var method: String
    /// As recorded; a segment that begins with a colon stands for any.
    var path: String
    /// The answer's file, and what the index says of it.
    var entry: Corpus.Entry
    var status: Int
    var times: Int
    var answer: RecordedAnswer

    var isIDX: Bool { path.hasPrefix("/idp/idx/") }

    func matches(_ path: String) -> Bool {
      let mine = self.path.split(separator: "/")
      let other = path.split(separator: "/")
      return mine.count == other.count
        && zip(mine, other).allSatisfy { $0 == $1 || $0.hasPrefix(":") }
    }
  }

  enum Order: String {
    /// The steps follow each other.
    case declared
    /// The steps say what each path answers, one after the other; a client does not meet them all.
    case routes
  }

  var name: String
  var order: Order
  var steps: [Step]

  init(_ file: String, in corpus: Corpus) throws {
    let json = try corpus.json(file)
    let entries = Dictionary(corpus.entries.map { ($0.file, $0) }) { first, _ in first }
    guard let name = json["name"]?.string, let steps = json["steps"]?.array,
      let order = json["order"]?.string.flatMap({ Order(rawValue: $0) })
    else { throw Trouble("\(file) is no sequence") }
    self.name = name
    self.order = order
    self.steps = try steps.map { step in
      guard let method = step["request"]?["method"]?.string,
        let path = step["request"]?["path"]?.string, let answer = step["response"]?.string,
        let entry = entries[answer], let status = step["status"]?.int
      else { throw Trouble("\(file) has a step that is none") }
      return Step(
        method: method, path: path, entry: entry, status: status,
        times: step["times"]?.int ?? 1,
        answer: try RecordedAnswer(try corpus.bytes(answer), entry))
    }
  }

  /// Whether the issuer of this sequence is a custom authorization server.
  var isCustomServer: Bool { steps.contains { $0.path.hasPrefix("/oauth2/default/") } }
}

/// One recorded answer, as it is served and as the walk reads it. Read here with the plainest of
/// means, so that what the broker makes of it has a witness.
struct RecordedAnswer: Sendable {
  /// A form or a link that the answer holds.
  struct Offer: Sendable {
    var name: String
    var path: String
    var isPoll: Bool
    /// For a browser.
    var isLink: Bool
    /// A member of the `remediation` array, not an action that hangs on something else.
    var isRemediation: Bool
  }

  private let text: String
  let json: JSONValue
  let entry: Corpus.Entry
  let offers: [Offer]

  init(_ bytes: [UInt8], _ entry: Corpus.Entry) throws {
    text = String(decoding: bytes, as: UTF8.self)
    json = try JSONParser.parse(bytes, rules: .tolerant)
    self.entry = entry
    var offers: [Offer] = []
    for remediation in json["remediation"]?["value"]?.array ?? [] {
      if let offer = Offer(remediation, isRemediation: true) { offers.append(offer) }
    }
    for member in json.object?.members ?? [] where !["remediation", "app"].contains(member.name) {
      Self.collect(member.value, into: &offers)
    }
    self.offers = offers
  }

  private static func collect(_ json: JSONValue, into offers: inout [Offer]) {
    if let offer = Offer(json, isRemediation: false) { offers.append(offer) }
    for member in json.object?.members ?? [] { collect(member.value, into: &offers) }
    for element in json.array ?? [] { collect(element, into: &offers) }
  }

  var isAlive: Bool { offers.contains(where: \.isRemediation) }
  var isTerminal: Bool { entry.json["terminal"]?.bool == true }
  var isIDX: Bool { entry.kind == "idx" && entry.subkind == "ion" }
  /// Success of the hosted page's flow, which gives no code.
  var isBrowserSuccess: Bool { entry.json["success"]?.bool == true && code == nil }

  var code: String? {
    json["successWithInteractionCode"]?["value"]?.array?
      .first { $0["name"]?.string == "interaction_code" }?["value"]?.string
  }

  /// The keys of the messages at the top, or the words where there is no key.
  var messageKeys: [String] {
    (json["messages"]?["value"]?.array ?? []).compactMap {
      $0["i18n"]?["key"]?.string ?? $0["message"]?.string
    }
  }

  /// What an answer that is no IDX says, in any of its shapes.
  var words: [String] {
    ["errorSummary", "error_description", "errorDescription", "error", "message"]
      .compactMap { json[$0]?.string }
  }

  var currentAuthenticator: JSONValue? {
    json["currentAuthenticator"]?["value"] ?? json["currentAuthenticatorEnrollment"]?["value"]
      ?? json["enrollmentAuthenticator"]?["value"]
  }

  /// Every state handle in it: forms of one answer may have others than the top.
  var stateHandles: Set<String> {
    var found: Set<String> = []
    func look(_ json: JSONValue) {
      if let handle = json["stateHandle"]?.string { found.insert(handle) }
      if json["name"] == "stateHandle", let handle = json["value"]?.string { found.insert(handle) }
      for member in json.object?.members ?? [] { look(member.value) }
      for element in json.array ?? [] { look(element) }
    }
    look(json)
    return found
  }

  /// The bytes to serve: as recorded, with every `href` moved to `origin` and polls made quick,
  /// which is an issuer's right.
  func served(at origin: String) -> [UInt8] {
    let moved = text.replacingOccurrences(
      of: #"("href"\s*:\s*")https?:(?:\\?/){2}[^/"\\]+"#, with: "$1" + origin,
      options: .regularExpression)
    return Array(
      moved.replacingOccurrences(
        of: #"("refresh"\s*:\s*)[0-9]+"#, with: "$1100", options: .regularExpression
      ).utf8)
  }
}

extension RecordedAnswer {
  /// The bytes to serve with every address in an `href` made anew; polls are begun after two seconds.
  ///
  /// - Parameter address: makes one, of the path that was recorded.
  func served(addressing address: (String) -> String) -> [UInt8] {
    func moved(_ json: JSONValue) -> JSONValue {
      if let elements = json.array { return .array(elements.map(moved)) }
      guard let object = json.object else { return json }
      var result = JSONObject()
      for member in object.members {
        let path = member.value.string.flatMap { URLComponents(string: $0) }.flatMap {
          $0.scheme?.hasPrefix("http") == true ? $0.path : nil
        }
        switch (member.name, path) {
        case ("href", let path?): result.append(member.name, .string(address(path)))
        case ("refresh", _): result.append(member.name, 2000)
        default: result.append(member.name, moved(member.value))
        }
      }
      return .object(result)
    }
    return JSONWriter.bytes(moved(json))
  }
}

extension RecordedAnswer.Offer {
  init?(_ json: JSONValue, isRemediation: Bool) {
    guard let name = json["name"]?.string, let href = json["href"]?.string,
      let address = URLComponents(string: href), address.scheme?.hasPrefix("http") == true
    else { return nil }
    let relations = json["rel"]?.array?.compactMap(\.string) ?? []
    self.init(
      name: name, path: address.path,
      isPoll: json["refresh"] != nil || name == "poll" || name.hasSuffix("-poll"),
      isLink: !relations.contains("create-form") || json["method"]?.string == "GET",
      isRemediation: isRemediation)
  }
}
