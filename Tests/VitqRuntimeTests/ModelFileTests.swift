import Foundation
import Testing
import VitqFormat
import VitqRuntime

struct ModelFileTests {
  @Test func aFileGivesTheLogitsOfTheProgramInIt() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("vitq-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("random.vitq").path

    let random = RandomProgram(bits: 4, seed: 10)
    let tensors = random.tensors.sorted { $0.key < $1.key }.map { name, bytes -> OutputTensor in
      let type = random.type(of: name)
      let count = type == .f32 ? bytes.count / 4 : bytes.count
      return OutputTensor(name, bytes: bytes, type: type, shape: [count])
    }
    try ModelFile.write(
      ModelHeader(kind: .program, toolVersion: "test"), program: random.program,
      labels: (0..<10).map { Label(name: "n\($0)", description: $0 == 3 ? "three" : nil) },
      tensors: tensors, to: path, overwriting: false)

    let model = try Model(path)
    #expect(model.labels == ["n0", "n1", "n2", "three", "n4", "n5", "n6", "n7", "n8", "n9"])
    var fromFile = try Session(model, threads: 2)
    var inMemory = try Session(Model(random.program, constants: random.constants))
    let expected = try inMemory.run(SessionTests.image)
    let found = try fromFile.run(SessionTests.image)
    #expect(found == expected)
  }
}
