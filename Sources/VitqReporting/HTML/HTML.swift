/// A piece of an HTML page; text that goes in is escaped, so no name can become markup.
package struct HTML: Sendable, Equatable {
  package let markup: String

  private init(markup: String) { self.markup = markup }

  /// Text with everything escaped that HTML or an attribute could interpret.
  ///
  /// Control characters, and those that turn the direction of text, are shown by their number.
  package static func text(_ text: String) -> HTML {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      default: result += scalar.printable
      }
    }
    return HTML(markup: result)
  }

  /// An element with attributes, whose values are escaped, and content.
  package static func element(
    _ name: String, _ attributes: [(String, String)] = [], _ content: [HTML] = []
  ) -> HTML {
    let list = attributes.map { " \($0.0)=\"\(text($0.1).markup)\"" }.joined()
    let inner = content.map(\.markup).joined()
    return HTML(
      markup: voidNames.contains(name) ? "<\(name)\(list)>" : "<\(name)\(list)>\(inner)</\(name)>")
  }

  /// An element with text alone.
  package static func element(
    _ name: String, _ attributes: [(String, String)] = [], text: String
  ) -> HTML {
    element(name, attributes, [.text(text)])
  }

  /// A style sheet; it holds nothing from outside the program.
  static func style(_ rules: StaticString) -> HTML {
    HTML(markup: "<style>\(rules)</style>")
  }

  static func document(_ root: HTML) -> String { "<!DOCTYPE html>\n" + root.markup + "\n" }

  private static let voidNames: Set = ["meta", "img", "br", "hr", "link"]

  /// The address of bytes that stand in the page itself (RFC 2397).
  package static func dataAddress(_ bytes: [UInt8], type: String) -> String {
    "data:\(type);base64,\(Base64.text(bytes))"
  }
}
