// A list to choose from, the browser's own: it needs no code to be usable with the keyboard and a screen reader.
import FormControl from '@mui/material/FormControl';
import InputLabel from '@mui/material/InputLabel';
import NativeSelect from '@mui/material/NativeSelect';
import { useId } from 'react';

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
  disabled?: boolean;
}

export function Choice({ label, value, options, onChange, disabled = false }: ChoiceProps) {
  const id = useId();
  return (
    <FormControl variant="standard" size="small" disabled={disabled} sx={{ minWidth: 110, maxWidth: 280 }}>
      <InputLabel htmlFor={id} shrink>
        {label}
      </InputLabel>
      <NativeSelect
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        sx={{ '& option': { color: 'text.primary', backgroundColor: 'background.paper' } }}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </NativeSelect>
    </FormControl>
  );
}
