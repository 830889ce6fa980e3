package toolgate

// Info is what there is to know of a policy. Its JSON is the one that every host writes.
type Info struct {
	// Policy is the policy's identity, as decisions carry it: "sha256:" and 64 hexadecimal digits.
	Policy string `json:"policy"`
	// Artifact is the digest of the artifact's bytes.
	Artifact string `json:"artifact"`
	// Format is the artifact's.
	Format int `json:"format"`
	// Rules counts them.
	Rules int `json:"rules"`
	// Fields are JSON Pointers of the fields of a request that the policy reads.
	Fields []string `json:"fields"`
	// ArtifactBytes is the size of the artifact.
	ArtifactBytes int64 `json:"artifact_bytes"`
	// Certificate is what a decision costs at most.
	Certificate Certificate `json:"certificate"`
}

// A Certificate bounds the steps and the bytes scanned of one decision. docs/artifact.md says how its parts add up.
type Certificate struct {
	StepsScalar  uint64 `json:"steps_scalar"`
	StepsFixed   uint64 `json:"steps_fixed"`
	StepsPerByte uint64 `json:"steps_per_byte"`
	ScansScalar  uint64 `json:"scans_scalar"`
	Scans        uint64 `json:"scans"`
}

// Memory is what the instances of the engine hold that belong to a policy.
type Memory struct {
	// Instances counts those that were made so far.
	Instances int
	// InstancesMax is how many there can be.
	InstancesMax int
	// Bytes of linear memory of all of them. It grows with the largest request and the number of instances, up to 64 MiB each,
	// and not with the number of decisions.
	Bytes int64
}
