// The page for a person: what a mailbox and a pocket would show, and links that can be sent.

import FoundationEssentials

extension Organisation {
  /// Who can sign in, what they know and have, and what was sent to them.
  func personPage(now: Date) -> String {
    let mail = outbox.reversed().map { message in
      "<tr><td>\(message.kind.rawValue)</td><td>\(escaped(message.recipient))</td>"
        + "<td><b>\(escaped(message.code))</b></td><td>\(escaped(message.token ?? ""))</td>"
        + "<td>\(timestamp(message.sentAt))</td></tr>"
    }
    let people = members.map { member in
      let code = member.timeBasedCode(of: .googleOTP)?.code(at: now) ?? "none"
      return "<tr><td>\(escaped(member.person.identifier))</td>"
        + "<td>\(escaped(member.person.password))</td><td><b>\(code)</b></td>"
        + "<td>\(escaped(member.person.question?.answer ?? "none"))</td>"
        + "<td>\(member.person.status.rawValue)</td><td>\(linkButtons(member))</td></tr>"
    }
    return htmlPage(
      "Remedy simulator", refreshing: 5,
      """
      <p>Scenario \(escaped(scenario.name)): \(escaped(scenario.sentence))</p>
      <p><a href="/simulator/phone">Play the phone, the machine and the mail reader</a></p>
      <h2>Messages sent</h2><table><tr><th>by</th><th>to</th><th>code</th>
      <th>token of the link</th><th>at</th></tr>
      \(mail.joined(separator: "\n"))</table>
      <h2>People</h2><table><tr><th>user name</th><th>password</th>
      <th>Google Authenticator now</th><th>security answer</th><th>status</th>
      <th>send a link</th></tr>
      \(people.joined(separator: "\n"))</table>
      <p>A captcha that is solved gives <code>\(Captcha.solution)</code>.</p>
      <h2>Tokens of other makers</h2><table><tr><th>whose</th><th>token</th><th>shows</th></tr>
      \(tokens.joined(separator: "\n"))</table>
      """)
  }

  /// What everybody's tokens show; several passcodes are asked for one after the other.
  private var tokens: [String] {
    members.flatMap { member in
      member.person.passcodes.sorted { $0.key < $1.key }.map { key, passcode in
        let label = AuthenticatorKey(rawValue: key)?.label ?? key
        return "<tr><td>\(escaped(member.person.identifier))</td><td>\(escaped(label))</td>"
          + "<td><b>\(escaped(passcode))</b></td></tr>"
      }
    }
  }

  private func linkButtons(_ member: Member) -> String {
    let links: [(LinkPurpose, String, Bool)] = [
      (.activation, "activation", scenario.policy.registration != nil),
      (.recovery, "new password", scenario.policy.recovery != nil),
    ]
    return links.filter(\.2).map { purpose, label, _ in
      htmlButton(
        label, to: "/simulator/links",
        [("kind", purpose.rawValue), ("identifier", member.person.identifier)])
    }.joined(separator: " ")
  }
}
