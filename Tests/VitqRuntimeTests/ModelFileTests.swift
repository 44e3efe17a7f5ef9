import Foundation
import Testing
import VitqFormat
import VitqRuntime
import VitqTestSupport

struct ModelFileTests {
  private let random = RandomProgram(bits: 4, seed: 10)

  @Test(arguments: [Model.Storage.mapped, .memory])
  func aFileGivesTheLogitsOfTheProgramInIt(_ storage: Model.Storage) throws {
    let file = try File(random)
    let model = try Model(file.path, storage: storage)
    #expect(model.labels == ["n0", "n1", "n2", "three", "n4", "n5", "n6", "n7", "n8", "n9"])
    var fromFile = try Session(model, threads: 2)
    let found = try fromFile.run(SessionTests.image)
    #expect(found == (try expected()))
  }

  /// Cut short, cut to nothing, and written to without a change of length.
  @Test(arguments: [4096, 0, nil] as [UInt64?])
  func aMappedFileThatChangesIsAnError(_ length: UInt64?) throws {
    let file = try File(random)
    var session = try Session(Model(file.path), threads: 2)
    var copy = try Session(Model(file.path, storage: .memory))
    #expect(try session.run(SessionTests.image) == expected())
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file.path))
    if let length {
      try handle.truncate(atOffset: length)
    } else {
      try handle.write(contentsOf: Data([0]))
    }
    try handle.close()
    do {
      _ = try session.run(SessionTests.image)
      Issue.record("ran a model whose file had changed")
    } catch {
      #expect(error.code == .modelChanged)
    }
    #expect(try copy.run(SessionTests.image) == expected())
  }

  @Test func aMappedFileThatIsReplacedStaysAsItWas() throws {
    let file = try File(random)
    var session = try Session(Model(file.path))
    let other = try File(RandomProgram(bits: 4, seed: 11))
    #expect(rename(other.path, file.path) == 0)
    #expect(try session.run(SessionTests.image) == expected())
  }

  /// A large tensor has a digest of its own.
  @Test func weightsAreCheckedUnlessTheCallerDoesNotWantIt() throws {
    let file = try File(random, unread: 2 * ModelFile.smallByteCount)
    let tensor = try #require(
      try ModelFile(path: file.path).tensors.first { $0.range.count > ModelFile.smallByteCount })
    for offset in [tensor.range.lowerBound, tensor.range.upperBound - 1] {
      var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: file.path)))
      bytes[offset] ^= 16
      try Data(bytes).write(to: URL(fileURLWithPath: file.path))
      do {
        _ = try Model(file.path)
        Issue.record("opened a model with a flipped bit")
      } catch {
        #expect(error.code == .unreadableModel)
        #expect(error.description.contains("'\(tensor.name)'"))
      }
      _ = try Model(file.path, verification: .withoutWeights)
      bytes[offset] ^= 16
      try Data(bytes).write(to: URL(fileURLWithPath: file.path))
      _ = try Model(file.path)
    }
  }

  private func expected() throws -> [Float] {
    var session = try Session(Model(random.program, constants: random.constants))
    return try session.run(SessionTests.image)
  }

  /// A program as a file in a folder of its own, which is removed with this value.
  private final class File {
    let path: String
    private let folder: URL

    // `unread`: the bytes of one more tensor, which no instruction reads.
    init(_ random: RandomProgram, unread: Int = 0) throws {
      folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("vitq-\(UUID().uuidString)")
      path = folder.appendingPathComponent("random.vitq").path
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      var tensors = random.tensors.sorted { $0.key < $1.key }.map { name, bytes -> OutputTensor in
        let type = random.type(of: name)
        let count = type == .f32 ? bytes.count / 4 : bytes.count
        return OutputTensor(name, bytes: bytes, type: type, shape: [count])
      }
      if unread > 0 {
        tensors.append(
          OutputTensor("unread", bytes: (0..<unread).map { UInt8($0 & 255) }, shape: [unread]))
      }
      try ModelFile.write(
        ModelHeader(kind: .program, toolVersion: "test"), program: random.program,
        labels: (0..<10).map { Label(name: "n\($0)", description: $0 == 3 ? "three" : nil) },
        tensors: tensors, to: path, overwriting: false)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
  }
}
