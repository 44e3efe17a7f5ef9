import VitqCommandLine
import VitqFormat
import VitqReporting

/// The tensors of a model by the modules that their names tell: `blocks.0.attn.qkv.weight`.
struct ModuleTree {
  let name: String
  /// Elements of the tensors in and below this module.
  private(set) var elementCount = 0
  private(set) var byteCount = 0
  /// The codes that it gives.
  private let result: String
  private(set) var tensors: [(stored: StoredTensor, facts: TensorFacts.Tensor)] = []
  private(set) var modules: [ModuleTree] = []

  init(_ tensors: [StoredTensor], _ facts: TensorFacts) {
    self.init(named: "", result: "")
    for tensor in tensors {
      let path = tensor.name.split(separator: ".").map { String($0) }
      insert(tensor, facts, path: path.dropLast(), from: 0)
    }
  }

  private init(named name: String, result: String) {
    self.name = name
    self.result = result
  }

  /// Inserts a tensor whose modules from `depth` on are still to be entered.
  private mutating func insert(
    _ tensor: StoredTensor, _ facts: TensorFacts, path: ArraySlice<String>, from depth: Int
  ) {
    let known = facts[tensor]
    elementCount += known.shape.reduce(1, *)
    byteCount += tensor.range.count
    guard depth < path.endIndex else {
      tensors.append((tensor, known))
      return
    }
    let first = path[depth]
    if modules.last?.name != first {
      if let place = modules.firstIndex(where: { $0.name == first }) {
        // Tensors of one module mostly follow each other; keep the last one at the end.
        modules.append(modules.remove(at: place))
      } else {
        let module = path[...depth].joined(separator: ".")
        modules.append(ModuleTree(named: first, result: facts.results[module] ?? ""))
      }
    }
    modules[modules.count - 1].insert(tensor, facts, path: path, from: depth + 1)
  }

  /// One line for each module and tensor, indented.
  var table: Table {
    var table = Table(["module", "type", "shape", ">bits", ">elements", ">bytes", "quantizer"])
    for module in modules { module.append(to: &table, depth: 0) }
    for (tensor, facts) in tensors { Self.append(tensor, facts, to: &table, depth: 0) }
    return table
  }

  private func append(to table: inout Table, depth: Int) {
    let indent = String(repeating: "  ", count: depth)
    table.append([
      indent + CommandFailure.printable(name), "", "", "", "\(elementCount)", "\(byteCount)",
      result,
    ])
    for (tensor, facts) in tensors { Self.append(tensor, facts, to: &table, depth: depth + 1) }
    for module in modules { module.append(to: &table, depth: depth + 1) }
  }

  private static func append(
    _ tensor: StoredTensor, _ facts: TensorFacts.Tensor, to table: inout Table, depth: Int
  ) {
    table.append([
      String(repeating: "  ", count: depth) + CommandFailure.printable(lastPart(of: tensor.name)),
      tensor.type.rawValue, "\(facts.shape)", "\(facts.bits)", "\(facts.shape.reduce(1, *))",
      "\(tensor.range.count)", facts.quantizer,
    ])
  }

  private static func lastPart(of name: String) -> String {
    name.split(separator: ".").last.map { String($0) } ?? name
  }

  /// A tensor, called `name` where it stands.
  static func json(
    of tensor: StoredTensor, named name: String, _ facts: TensorFacts.Tensor
  ) -> JSONText {
    .object([
      ("name", .string(name)), ("type", .string(tensor.type.rawValue)),
      ("shape", .array(facts.shape.map(JSONText.integer))), ("bits", .integer(facts.bits)),
      ("quantizer", facts.quantizer.isEmpty ? .null : .string(facts.quantizer)),
      ("bytes", .integer(tensor.range.count)),
    ])
  }

  var json: JSONText {
    .object([
      ("name", .string(name)), ("elements", .integer(elementCount)),
      ("bytes", .integer(byteCount)),
      ("quantizer", result.isEmpty ? .null : .string(result)),
      (
        "tensors",
        .array(tensors.map { Self.json(of: $0.stored, named: $0.stored.name, $0.facts) })
      ),
      ("modules", .array(modules.map(\.json))),
    ])
  }
}
