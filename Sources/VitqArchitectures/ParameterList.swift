import VitqCheckpoints
import VitqTensor

/// A state dict that a model of some sizes has, in the order of execution.
struct ParameterList {
  private(set) var entries: [ArchiveEntry] = []

  mutating func add(_ name: String, _ shape: Shape) {
    entries.append(ArchiveEntry(name: name, shape: shape))
  }

  /// A weight, and a bias as long as its first axis.
  mutating func addPair(_ name: String, _ shape: Shape, hasBias: Bool = true) {
    add("\(name).weight", shape)
    if hasBias { add("\(name).bias", [shape[0]]) }
  }
}
