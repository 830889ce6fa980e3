package toolgate

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestManyGoroutinesShareFewInstances(t *testing.T) {
	policy := compiled(t, payText, WithInstances(2))
	words := map[string]Verdict{"0": Deny, "999": Allow, "1000": Allow, "1001": ApprovalRequired, "null": Deny}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				for amount, expected := range words {
					decision, err := policy.Decide(pay(amount))
					verdict, also := policy.Verdict(pay(amount))
					if err != nil || also != nil || decision.Decision != expected || verdict != expected {
						t.Errorf("%s: %+v and %v, %v, %v", amount, decision, verdict, err, also)
						return
					}
				}
			}
		})
	}
	all.Wait()
	if memory := policy.Memory(); memory.Instances < 1 || memory.Instances > 2 || memory.InstancesMax != 2 {
		t.Errorf("there are %+v", memory)
	}
}

func TestInstancesAreBounded(t *testing.T) {
	for _, one := range []struct {
		options []CompileOption
		limit   int
	}{
		{nil, min(runtime.GOMAXPROCS(0), 16)},
		{[]CompileOption{WithInstances(3)}, 3},
		{[]CompileOption{WithInstances(0)}, 1},
		{[]CompileOption{WithInstances(-5)}, 1},
		{[]CompileOption{Option{}}, min(runtime.GOMAXPROCS(0), 16)},
		{[]CompileOption{WithInstances(2), WithInstances(4)}, 4},
	} {
		policy := compiled(t, payText, one.options...)
		var taken []*instance
		for range one.limit {
			instance, err := policy.acquire()
			if err != nil {
				t.Fatal(err)
			}
			taken = append(taken, instance)
		}
		// The next one waits until another is given back.
		came := make(chan error)
		go func() {
			_, err := policy.Verdict(pay("5"))
			came <- err
		}()
		select {
		case err := <-came:
			t.Errorf("more than %d at a time, %v", one.limit, err)
		case <-time.After(10 * time.Millisecond):
		}
		memory := policy.Memory()
		for _, instance := range taken {
			policy.release(instance)
		}
		if err := <-came; err != nil {
			t.Error(err)
		}
		if memory.Instances != one.limit || memory.InstancesMax != one.limit || memory.Bytes < int64(one.limit)*65536 {
			t.Errorf("there are %+v", memory)
		}
	}
}

func TestAPolicyThatIsClosed(t *testing.T) {
	policy := compiled(t, payText)
	if verdict, err := policy.Verdict(pay("5")); err != nil || verdict != Allow {
		t.Fatal(verdict, err)
	}
	for range 2 {
		if err := policy.Close(); err != nil {
			t.Error(err)
		}
		mustDeny(t, policy, pay("5"), CodeClosed)
	}
	if memory := policy.Memory(); memory.Instances != 0 || memory.Bytes != 0 {
		t.Errorf("it holds %+v", memory)
	}
	// What it is can still be told.
	if again, err := LoadExpecting(policy.Artifact(), policy.Digest()); err != nil {
		t.Error(err)
	} else {
		again.Close()
	}
}

func TestCloseWaitsForDecisionsAndLetsNoneIn(t *testing.T) {
	policy := compiled(t, payText, WithInstances(1))
	instance, err := policy.acquire()
	if err != nil {
		t.Fatal(err)
	}
	waiting, closed := make(chan error), make(chan error)
	go func() {
		decision, err := policy.Decide(pay("5"))
		if decision.Allowed() {
			err = fmt.Errorf("decided %+v", decision)
		}
		waiting <- err
	}()
	go func() { closed <- policy.Close() }()
	if err := <-waiting; !errors.Is(err, CodeClosed) {
		t.Error(err)
	}
	select {
	case <-closed:
		t.Error("closed while a decision was being made")
	default:
	}
	// The decision that was being made is still made.
	if verdict, err := instance.verdict(pay("5"), 0); err != nil || verdict != Allow {
		t.Error(verdict, err)
	}
	policy.release(instance)
	if err := <-closed; err != nil || policy.Memory().Bytes != 0 {
		t.Error(err, policy.Memory())
	}
}

func TestDecidingWhileClosing(t *testing.T) {
	for round := range 20 {
		policy := compiled(t, payText, WithInstances(1+round%3))
		var all sync.WaitGroup
		var decided, refused atomic.Int64
		for range 8 {
			all.Go(func() {
				for {
					decision, err := policy.Decide(pay("1500"))
					switch {
					case err == nil && decision.Decision == ApprovalRequired:
						decided.Add(1)
					case errors.Is(err, CodeClosed) && decision.Decision == Deny:
						refused.Add(1)
						return
					default:
						t.Errorf("decided %+v, %v", decision, err)
						return
					}
				}
			})
		}
		for decided.Load() < 50 {
			runtime.Gosched()
		}
		all.Go(func() { policy.Close() })
		policy.Close()
		all.Wait()
		if refused.Load() != 8 || policy.Memory().Bytes != 0 {
			t.Errorf("%d goroutines were refused, %+v", refused.Load(), policy.Memory())
		}
	}
}

func TestAPolicyThatNobodyHoldsIsClosed(t *testing.T) {
	// By a function of its own, so that nothing here keeps it.
	pool := func() *pool {
		policy, err := Compile([]byte(payText))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := policy.Verdict(pay("5")); err != nil {
			t.Fatal(err)
		}
		return policy.pool
	}()
	for range 1000 {
		runtime.GC()
		if pool.memory().Instances == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("its instances are still there")
}

// filled overwrites all memory of an instance.
func filled(t *testing.T, i *instance, with byte) {
	t.Helper()
	view, ok := i.memory.Read(0, i.memory.Size())
	if !ok {
		t.Fatal("no memory")
	}
	for at := range view {
		view[at] = with
	}
}

func TestATrapDeniesAndTheInstanceIsReplaced(t *testing.T) {
	for name, decide := range map[string]func(*Policy) (Verdict, error){
		"in full": func(p *Policy) (Verdict, error) {
			decision, err := p.Decide(pay("5"))
			return decision.Decision, err
		},
		"in a word": func(p *Policy) (Verdict, error) { return p.Verdict(pay("5")) },
	} {
		policy := compiled(t, payText, WithInstances(1))
		for range 3 {
			instance, err := policy.acquire()
			if err != nil {
				t.Fatal(err)
			}
			// Every pointer in it is now beyond its memory.
			filled(t, instance, 0xff)
			policy.release(instance)
			verdict, err := decide(policy)
			if verdict != Deny || !errors.Is(err, CodeTrap) {
				t.Errorf("%s: %v, %v", name, verdict, err)
			}
			var known *Error
			if !errors.As(err, &known) || errors.Unwrap(err) == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v does not tell from what", name, err)
			}
			if memory := policy.Memory(); memory.Instances != 0 || memory.Bytes != 0 {
				t.Errorf("%s: a lost instance is kept: %+v", name, memory)
			}
			if verdict, err := decide(policy); verdict != Allow || err != nil {
				t.Errorf("%s: afterwards %v, %v", name, verdict, err)
			}
		}
	}
}

func TestAnInstanceThatForgotItsPolicyIsReplaced(t *testing.T) {
	policy := compiled(t, payText, WithInstances(1))
	instance, err := policy.acquire()
	if err != nil {
		t.Fatal(err)
	}
	instance.handle++
	policy.release(instance)
	decision, err := policy.Decide(pay("5"))
	if decision.Decision != Deny || !errors.Is(err, Code("host/handle")) || policy.Memory().Instances != 0 {
		t.Errorf("decided %+v, %v", decision, err)
	}
	if verdict, err := policy.Verdict(pay("5")); verdict != Allow || err != nil {
		t.Errorf("afterwards %v, %v", verdict, err)
	}
}

func TestAnAnswerThatIsNoneDenies(t *testing.T) {
	policy := compiled(t, payText, WithInstances(1))
	for name, spoil := range map[string]func(*instance) error{
		"a decision that was not written": func(i *instance) error {
			i.decideFunction = i.verdictFunction
			return nil
		},
		"a decision other than the verdict": func(i *instance) error {
			_, err := i.decide(pay("0"), 0)
			i.decideFunction = i.verdictFunction
			return err
		},
		"a verdict that is none": func(i *instance) (err error) {
			i.decideFunction = i.allocFunction
			return nil
		},
		"a decision in another place": func(i *instance) (err error) {
			i.outputFunction, err = i.export("toolgate_abi")
			return err
		},
		"a decision beyond the memory": func(i *instance) error {
			i.outputLenFunction = i.freeFunction
			return nil
		},
	} {
		instance, err := policy.acquire()
		if err != nil {
			t.Fatal(err)
		}
		if err := spoil(instance); err != nil {
			t.Fatal(err)
		}
		policy.release(instance)
		decision, err := policy.Decide(pay("5"))
		if decision.Decision != Deny || !errors.Is(err, CodeTrap) || policy.Memory().Instances != 0 {
			t.Errorf("%s: decided %+v, %v", name, decision, err)
		}
	}
}

func TestAnInstanceWithoutMemoryDeniesAndStays(t *testing.T) {
	policy := compiled(t, payText, WithInstances(1))
	instance, err := policy.acquire()
	if err != nil {
		t.Fatal(err)
	}
	// Take all there is.
	for size := uint64(32 << 20); size >= 1<<10; size /= 2 {
		for {
			address, err := instance.call(instance.allocFunction, size)
			if err != nil {
				t.Fatal(err)
			}
			if address == 0 {
				break
			}
		}
	}
	policy.release(instance)
	if memory := policy.Memory(); memory.Bytes > 64<<20 {
		t.Errorf("it holds %+v", memory)
	}
	mustDeny(t, policy, pay(strings.Repeat("1", 100_000)), CodeMemory)
	if memory := policy.Memory(); memory.Instances != 1 {
		t.Errorf("there are %+v", memory)
	}
}

func TestModulesAreThoseOfThisVersion(t *testing.T) {
	for name, one := range map[string]struct {
		shared *module
		bytes  []byte
	}{"runtime": {&runtimeShared, runtimeModule}, "compiler": {&compilerShared, compilerModule}} {
		module, err := one.shared.instantiate(one.bytes)
		if err != nil {
			t.Fatal(err)
		}
		c := caller{module: module, memory: module.Memory()}
		defer c.close()
		abi, err := c.export("toolgate_abi")
		if err != nil {
			t.Fatal(err)
		}
		if number, err := c.call(abi); err != nil || number != 1 {
			t.Errorf("%s: the exports are those of version %d, %v", name, number, err)
		}
		version, err := c.export("toolgate_version")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.status(version); err != nil {
			t.Fatal(err)
		}
		if output, err := c.output(); err != nil || string(output) != Version {
			t.Errorf("%s: the version is %s, %v", name, output, err)
		}
		if len(one.shared.compiled.ImportedFunctions()) != 0 {
			t.Errorf("%s: it has imports", name)
		}
	}
}
