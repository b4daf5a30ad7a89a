// What waits for a thumb on somebody's phone: pushes to approve and enrolments to confirm. A test or
// a person at `/simulator/phone` plays the phone; the transaction learns of it when it polls.

public import FoundationEssentials

/// Something that a phone shows, and that its owner has to decide.
public struct PhoneRequest: Sendable, Equatable {
  /// What is asked.
  public enum Kind: String, Sendable {
    case push, enrolment
    /// Okta Verify on the machine itself is asked, not on a phone.
    case device
  }

  /// What was decided.
  public enum State: String, Sendable {
    case waiting, approved, denied
    /// A later one took its place.
    case replaced
  }

  /// Its number among all of them, from 1.
  public var number: Int
  /// What is asked.
  public var kind: Kind
  /// The identifier of the person whose phone it is.
  public var person: String
  /// Which app shows it.
  public var authenticator: AuthenticatorKey
  /// What an enrolment's picture or message names it by.
  var token: String?
  /// What the app gives back for the client to hand on, once it is approved (Duo).
  var response: String?
  /// The number that the person has to choose, where there is a choice. The phone doesn't say it.
  var answer: String?
  /// The numbers to choose from.
  public var choices: [String] = []
  /// What was decided.
  public var state = State.waiting
  /// When it came.
  public var sentAt: Date
}

extension Organisation {
  /// Plays the phone: approves or denies what waits there. A wrong number is as good as denying it,
  /// as on a real phone. `false` where nothing of the kind waits, or a number has to be chosen and
  /// is not.
  @discardableResult
  public mutating func decide(
    phoneRequest number: Int, approve: Bool, choosing choice: String? = nil
  ) -> Bool {
    guard let place = phone.firstIndex(where: { $0.number == number && $0.state == .waiting })
    else { return false }
    if approve, let answer = phone[place].answer {
      guard let choice else { return false }
      phone[place].state = choice == answer ? .approved : .denied
    } else {
      phone[place].state = approve ? .approved : .denied
    }
    return true
  }

  /// Shows something new on a phone, and says under which number.
  mutating func ring(
    _ kind: PhoneRequest.Kind, _ authenticator: AuthenticatorKey, of person: String,
    withNumber: Bool = false, token: String? = nil, response: String? = nil,
    now: Date
  ) -> Int {
    var request = PhoneRequest(
      number: phone.count + 1, kind: kind, person: person, authenticator: authenticator,
      token: token, response: response, sentAt: now)
    if withNumber {
      var numbers: [String] = []
      while numbers.count < 3 {
        let number = String(Int.random(in: 10...99, using: &random))
        if !numbers.contains(number) { numbers.append(number) }
      }
      request.choices = numbers
      request.answer = numbers.randomElement(using: &random)
    }
    phone.append(request)
    return request.number
  }

  /// What became of a request.
  func decision(of number: Int?) -> PhoneRequest.State {
    phone.first { $0.number == number }?.state ?? .waiting
  }

  /// Takes a request off the phone because another one took its place, or nobody waits for it.
  mutating func withdraw(phoneRequest number: Int?) {
    guard let place = phone.firstIndex(where: { $0.number == number && $0.state == .waiting })
    else { return }
    phone[place].state = .replaced
  }
}
