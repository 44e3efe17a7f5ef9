import VitqCommandLine
import VitqFormat
import VitqReporting

/// The tensors of a model by the modules that their names tell: `blocks.0.attn.qkv.weight`.
struct ModuleTree {
  let name: String
  /// Elements of the tensors in and below this module.
  private(set) var elementCount = 0
  private(set) var byteCount = 0
  private(set) var tensors: [StoredTensor] = []
  private(set) var modules: [ModuleTree] = []

  init(_ tensors: [StoredTensor]) {
    name = ""
    for tensor in tensors {
      insert(tensor, path: tensor.name.split(separator: ".").dropLast().map { String($0) })
    }
  }

  private init(named name: String) { self.name = name }

  private mutating func insert(_ tensor: StoredTensor, path: [String]) {
    elementCount += tensor.shape.reduce(1, *)
    byteCount += tensor.range.count
    guard let first = path.first else {
      tensors.append(tensor)
      return
    }
    if modules.last?.name != first {
      if let place = modules.firstIndex(where: { $0.name == first }) {
        // Tensors of one module mostly follow each other; keep the last one at the end.
        modules.append(modules.remove(at: place))
      } else {
        modules.append(ModuleTree(named: first))
      }
    }
    modules[modules.count - 1].insert(tensor, path: Array(path.dropFirst()))
  }

  /// One line for each module and tensor, indented.
  var table: Table {
    var table = Table(["module", "type", "shape", ">elements", ">bytes"])
    for module in modules { module.append(to: &table, depth: 0) }
    for tensor in tensors { Self.append(tensor, to: &table, depth: 0) }
    return table
  }

  private func append(to table: inout Table, depth: Int) {
    let indent = String(repeating: "  ", count: depth)
    table.append([
      indent + CommandFailure.printable(name), "", "", "\(elementCount)", "\(byteCount)",
    ])
    for tensor in tensors { Self.append(tensor, to: &table, depth: depth + 1) }
    for module in modules { module.append(to: &table, depth: depth + 1) }
  }

  private static func append(_ tensor: StoredTensor, to table: inout Table, depth: Int) {
    let name = tensor.name.split(separator: ".").last.map { String($0) } ?? tensor.name
    table.append([
      String(repeating: "  ", count: depth) + CommandFailure.printable(name),
      tensor.type.rawValue, "\(tensor.shape)", "\(tensor.shape.reduce(1, *))",
      "\(tensor.range.count)",
    ])
  }

  var json: JSONText {
    .object([
      ("name", .string(name)), ("elements", .integer(elementCount)),
      ("bytes", .integer(byteCount)),
      (
        "tensors",
        .array(
          tensors.map { tensor in
            .object([
              ("name", .string(tensor.name)), ("type", .string(tensor.type.rawValue)),
              ("shape", .array(tensor.shape.map(JSONText.integer))),
              ("bytes", .integer(tensor.range.count)),
            ])
          })
      ),
      ("modules", .array(modules.map(\.json))),
    ])
  }
}
