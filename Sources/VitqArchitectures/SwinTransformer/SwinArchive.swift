import VitqCheckpoints
import VitqTensor

/// A Swin Transformer's state dict under timm's current names, whichever layout it is stored in.
///
/// Checkpoints of the original authors and of timm before 0.9 have the patch merging at the end
/// of the stage before (`layers.0.downsample`), the classifier at `head`, and buffers that follow
/// from the sizes.
struct SwinArchive: TensorArchive {
  let entries: [ArchiveEntry]
  private let archive: any TensorArchive
  private let storedNames: [String: String]

  var metadata: [String: String] { archive.metadata }

  private static let buffers: Set<String> = ["relative_position_index", "attn_mask"]

  init(_ archive: any TensorArchive) {
    let stored = archive.entries.filter { entry in
      !Self.buffers.contains(entry.name.split(separator: ".").last.map(String.init) ?? "")
    }
    let names = Set(stored.map(\.name))
    let mergesBefore = !names.contains { $0.hasPrefix("layers.0.downsample.") }
    let hasPlainHead = !names.contains("head.fc.weight")
    func current(_ name: String) -> String {
      var parts = name.split(separator: ".").map(String.init)
      if parts.count > 3, parts[0] == "layers", parts[2] == "downsample", !mergesBefore,
        let stage = Int(parts[1]), stage < 1 << 16
      {
        parts[1] = "\(stage + 1)"
      } else if parts.count == 2, parts[0] == "head", hasPlainHead {
        parts.insert("fc", at: 1)
      }
      return parts.joined(separator: ".")
    }
    entries = stored.map { ArchiveEntry(name: current($0.name), shape: $0.shape) }
    storedNames = Dictionary(zip(entries.map(\.name), stored.map(\.name))) { first, _ in first }
    self.archive = archive
  }

  func tensor(_ name: String) throws(ArchiveError) -> Tensor {
    guard let stored = storedNames[name] else { throw .noSuchTensor(name) }
    return try archive.tensor(stored)
  }
}
