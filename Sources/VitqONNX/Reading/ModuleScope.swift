/// The path of the module that PyTorch's exporters traced a node in.
enum ModuleScope {
  /// The record of the dynamo exporter: `['', 'blocks', 'blocks.0', 'blocks.0.attn', 'linear']`, modules
  /// outermost first and the call last.
  private static let recordKey = "pkg.torch.onnx.name_scopes"

  /// The path, such as `blocks.0.attn.qkv`; empty at the top, `nil` if nothing tells it.
  static func path(ofNode name: String, records: [(key: String, value: String)]) -> String? {
    if let record = records.first(where: { $0.key == recordKey }) {
      return path(inList: record.value)
    }
    return path(inName: name)
  }

  private static func path(inList text: String) -> String? {
    guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
    let items = text.dropFirst().dropLast().split(separator: ",").map { item in
      item.drop { $0 == " " }
    }
    guard items.allSatisfy({ $0.count >= 2 && $0.hasPrefix("'") && $0.hasSuffix("'") }) else {
      return nil
    }
    return items.dropLast().last.map { String($0.dropFirst().dropLast()) }
  }

  /// The path in a name of the legacy exporter: `/blocks/blocks.0/attn/qkv/MatMul`.
  ///
  /// An element of a sequence has the name of the sequence in front of its index, after the sequence itself.
  private static func path(inName name: String) -> String? {
    guard name.hasPrefix("/") else { return nil }
    var parts: [Substring] = []
    for part in name.split(separator: "/").dropLast() {
      if let last = parts.last, part.hasPrefix("\(last).") { parts.removeLast() }
      parts.append(part)
    }
    return parts.joined(separator: ".")
  }
}
