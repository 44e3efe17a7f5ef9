import Foundation
import Testing
import VitqKit
import VitqTestSupport

/// What confines the memory of a process, read from trees like those of Linux.
struct AvailableMemoryTests {
  private static let version2 = "/sys/fs/cgroup"
  private static let version1 = "/sys/fs/cgroup/memory"

  @Test(
    arguments: [
      // A job of Slurm with version 2: the step has no limit, the job has one; the root has no file.
      (
        "0::/slurm/job_7/step_0\n",
        [
          "\(version2)/slurm/job_7/step_0/memory.max": "max\n",
          "\(version2)/slurm/job_7/memory.max": "4294967296\n",
          "\(version2)/slurm/memory.max": "max\n",
        ], 4_294_967_296
      ),
      // The least of those that hold the process.
      (
        "0::/a/b\n", ["\(version2)/a/b/memory.max": "900\n", "\(version2)/a/memory.max": "800\n"],
        800
      ),
      // Another process's.
      ("0::/a\n", ["\(version2)/b/memory.max": "900\n"], nil),
      // Version 1, among other controllers; what its root has is more than any machine.
      (
        "5:cpu,cpuacct:/x\n4:hugetlb,memory:/p/q\n0::/\n",
        [
          "\(version1)/p/q/memory.limit_in_bytes": "500\n",
          "\(version1)/memory.limit_in_bytes": "9223372036854771712\n",
          "\(version1)/x/memory.limit_in_bytes": "5\n",
        ], 500
      ),
      // A container that does not see the path: its root is what holds it.
      ("0::/docker/1f\n", ["\(version2)/memory.max": "700\n"], 700),
      ("4:memory:/docker/1f\n", ["\(version1)/memory.limit_in_bytes": "700\n"], 700),
      ("", [:], nil), ("nonsense\n1:memory\n", [:], nil),
    ] as [(String, [String: String], Int?)])
  func theLeastLimitOfAllGroupsCounts(
    _ groups: String, _ files: [String: String], _ expected: Int?
  ) throws {
    let folder = try TemporaryFolder()
    let root = URL(fileURLWithPath: folder.file("root"))
    for (path, text) in files.merging(["/proc/self/cgroup": groups], uniquingKeysWith: { $1 }) {
      let url = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    #expect(AvailableMemory.controlGroupLimit(root: root.path) == expected)
  }

  @Test func aMachineWithoutGroupsHasNoLimit() throws {
    let folder = try TemporaryFolder()
    #expect(AvailableMemory.controlGroupLimit(root: folder.file("none")) == nil)
  }

  @Test func thisMachineHasMemory() {
    let bytes = AvailableMemory.byteCount(threads: 1)
    #expect(bytes > 0 && bytes <= Int(clamping: ProcessInfo.processInfo.physicalMemory))
  }
}
